package dev.tallygate.loadtest.peer;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.tallygate.loadtest.drive.LoadtestException;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Three etcd processes that form a quorum on loopback, each with its own data folder, all settings
 * at their defaults.
 */
public final class EtcdPeer implements Peer {
  private static final int MEMBERS = 3;
  private static final Duration ELECTION_MAX = Duration.ofSeconds(30);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(2);

  // StatusResponse{header = 1 {member_id = 2}, leader = 4}.
  private static final MethodDescriptor<byte[], byte[]> STATUS =
      MethodDescriptor.<byte[], byte[]>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("etcdserverpb.Maintenance/Status")
          .setRequestMarshaller(new BytesMarshaller())
          .setResponseMarshaller(new BytesMarshaller())
          .build();

  private final List<Member> members;

  private EtcdPeer(List<Member> members) {
    this.members = members;
  }

  private record Member(String name, String client, Process process) {}

  /**
   * Starts the processes and waits for a leader.
   *
   * @throws LoadtestException if etcd is not installed; the message says what to install
   */
  public static EtcdPeer start(Path directory) throws InterruptedException {
    Path binary = requireInstalled();
    List<Integer> ports = FreePorts.find(2 * MEMBERS);
    List<String> peers = new ArrayList<>();
    for (int i = 0; i < MEMBERS; i++) peers.add("e" + i + "=http://127.0.0.1:" + ports.get(i));
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < MEMBERS; i++) {
      String client = "127.0.0.1:" + ports.get(MEMBERS + i);
      List<String> command =
          command(binary, directory, "e" + i, client, ports.get(i), String.join(",", peers));
      Process process = ChildProcesses.start(command, directory.resolve("etcd-e" + i + ".log"));
      members.add(new Member("e" + i, client, process));
    }
    EtcdPeer etcd = new EtcdPeer(List.copyOf(members));
    if (!Await.until(ELECTION_MAX, () -> etcd.findLeader() != null)) {
      etcd.close();
      throw new LoadtestException("etcd has no leader after " + ELECTION_MAX.toSeconds() + " s");
    }
    return etcd;
  }

  private static List<String> command(
      Path binary, Path directory, String name, String client, int peerPort, String peers) {
    String peer = "http://127.0.0.1:" + peerPort;
    return List.of(
        binary.toString(),
        "--name=" + name,
        "--data-dir=" + directory.resolve("etcd-" + name),
        "--listen-client-urls=http://" + client,
        "--advertise-client-urls=http://" + client,
        "--listen-peer-urls=" + peer,
        "--initial-advertise-peer-urls=" + peer,
        "--initial-cluster=" + peers,
        "--initial-cluster-token=tallygate-loadtest",
        "--initial-cluster-state=new");
  }

  /** Whether the binary is on the path. */
  public static boolean isInstalled() {
    return findBinary() != null;
  }

  /**
   * Finds the binary.
   *
   * @throws LoadtestException if the binary is not on the path; the message says what to install
   */
  public static Path requireInstalled() {
    Path found = findBinary();
    if (found != null) return found;
    throw new LoadtestException(
        "no `etcd` on the path: install the package `etcd-server` (Debian, Ubuntu: apt-get install"
            + " etcd-server), or leave etcd out of --against");
  }

  private static @Nullable Path findBinary() {
    String path = System.getenv().getOrDefault("PATH", "");
    for (String folder : path.split(File.pathSeparator, -1)) {
      Path candidate = Path.of(folder, "etcd");
      if (Files.isExecutable(candidate)) return candidate;
    }
    return null;
  }

  @Override
  public String leader() throws InterruptedException {
    Await.until(ELECTION_MAX, () -> findLeader() != null);
    String leader = findLeader();
    if (leader == null) throw new LoadtestException("etcd has no leader");
    return leader;
  }

  private @Nullable String findLeader() {
    for (Member member : members) {
      if (isLeader(member.client())) return member.client();
    }
    return null;
  }

  @Override
  public List<NodeFsyncs> fsyncs() throws InterruptedException {
    List<NodeFsyncs> all = new ArrayList<>();
    for (Member member : members) {
      double count = Metrics.read(member.client()).sum(Metrics.ETCD_FSYNCS).orElse(0);
      all.add(new NodeFsyncs(member.name(), "etcd default: fsync on", (long) count));
    }
    return all;
  }

  @Override
  public void close() {
    members.forEach(member -> ChildProcesses.killQuietly(member.process().toHandle()));
  }

  private static boolean isLeader(String address) {
    ManagedChannel channel = NettyChannelBuilder.forTarget(address).usePlaintext().build();
    try {
      byte[] status =
          ClientCalls.blockingUnaryCall(
              channel,
              STATUS,
              CallOptions.DEFAULT.withDeadlineAfter(ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS),
              new byte[0]);
      long leader = number(status, 4);
      return leader != 0 && leader == number(message(status, 1), 2);
    } catch (StatusRuntimeException e) {
      return false;
    } finally {
      channel.shutdownNow();
    }
  }

  static long number(byte[] message, int field) {
    return read(message, field, WireFormat.WIRETYPE_VARINT, CodedInputStream::readUInt64, 0L);
  }

  static byte[] message(byte[] message, int field) {
    return read(
        message,
        field,
        WireFormat.WIRETYPE_LENGTH_DELIMITED,
        CodedInputStream::readByteArray,
        new byte[0]);
  }

  @FunctionalInterface
  private interface Read<T> {
    T from(CodedInputStream input) throws IOException;
  }

  private static <T> T read(byte[] message, int field, int type, Read<T> read, T absent) {
    CodedInputStream input = CodedInputStream.newInstance(message);
    try {
      for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
        if (tag == (field << 3 | type)) return read.from(input);
        input.skipField(tag);
      }
      return absent;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
