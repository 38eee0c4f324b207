package dev.tallygate.server.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tallygate.proto.v1.ClusterServiceGrpc;
import dev.tallygate.proto.v1.StatusRequest;
import dev.tallygate.proto.v1.StatusResponse;
import dev.tallygate.server.cli.ClusterFile.Member;
import io.grpc.ChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the nodes of a cluster on this machine say, and which of them do not answer. */
final class ClusterStatus {
  private static final int TIMEOUT_MS = 2_000;

  /**
   * One node.
   *
   * @param pid 0 where it does not run
   * @param answer null where it does not answer
   */
  private record Node(Member member, long pid, boolean serving, @Nullable StatusResponse answer) {}

  private final ClusterFile file;
  private final List<Node> nodes;

  private ClusterStatus(ClusterFile file, List<Node> nodes) {
    this.file = file;
    this.nodes = nodes;
  }

  static ClusterStatus ask(Path dir) {
    ClusterFile file = ClusterFile.read(dir);
    List<Node> nodes = new ArrayList<>();
    ChannelCredentials credentials = file.credentials(dir);
    try (Probes probes = new Probes(file, dir)) {
      for (Member member : file.members()) {
        long pid =
            new NodeProcess(dir.resolve(member.id())).find().map(ProcessHandle::pid).orElse(0L);
        nodes.add(
            pid == 0
                ? new Node(member, 0, false, null)
                : new Node(member, pid, probes.isServing(member), answer(member, credentials)));
      }
    }
    return new ClusterStatus(file, nodes);
  }

  private static @Nullable StatusResponse answer(Member member, ChannelCredentials credentials) {
    ManagedChannel channel = Channels.open(member.admin(), credentials);
    try {
      return Calls.within(ClusterServiceGrpc.newBlockingStub(channel), TIMEOUT_MS)
          .status(StatusRequest.getDefaultInstance());
    } catch (StatusRuntimeException e) {
      return null;
    } finally {
      channel.shutdownNow();
    }
  }

  boolean allServe() {
    return nodes.stream().allMatch(Node::serving);
  }

  ObjectNode json() {
    ObjectNode root = Json.object();
    root.put("cluster", file.clusterId().toString());
    var list = root.putArray("nodes");
    for (Node node : nodes) {
      ObjectNode one =
          list.addObject()
              .put("id", node.member().id())
              .put("pid", node.pid())
              .put("serving", node.serving())
              .put("data", node.member().data())
              .put("admin", node.member().admin())
              .put("peer", node.member().peer())
              .put("http", node.member().http());
      if (node.answer() != null) one.set("status", Json.of(node.answer()));
    }
    return root;
  }

  String table() {
    StringBuilder table = new StringBuilder();
    String form = "%-8s %8s %-8s %-9s %5s %10s %-16s %9s %-21s %s%n";
    table.append(
        String.format(
            Locale.ROOT,
            form,
            "node",
            "pid",
            "serving",
            "role",
            "term",
            "applied",
            "digest",
            "stale-ms",
            "data",
            "admin"));
    for (Node node : nodes) {
      StatusResponse answer = node.answer();
      table.append(
          String.format(
              Locale.ROOT,
              form,
              node.member().id(),
              node.pid() == 0 ? "-" : node.pid(),
              node.pid() == 0 ? "down" : node.serving() ? "yes" : "no",
              answer == null ? "-" : role(answer),
              answer == null ? "-" : answer.getTerm(),
              answer == null ? "-" : answer.getAppliedIndex(),
              answer == null ? "-" : answer.getDigest(),
              answer == null ? "-" : answer.getStalenessMs(),
              node.member().data(),
              node.member().admin()));
    }
    return table.toString();
  }

  private static String role(StatusResponse answer) {
    return answer.getRole().name().replace("ROLE_", "").toLowerCase(Locale.ROOT);
  }
}
