package dev.tallygate.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import dev.tallygate.proto.v1.Lease;
import dev.tallygate.proto.v1.LeaseState;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.ListLeasesRequest;
import dev.tallygate.proto.v1.ListLeasesResponse;
import dev.tallygate.proto.v1.ListPoolsRequest;
import dev.tallygate.proto.v1.ListPoolsResponse;
import dev.tallygate.proto.v1.Pool;
import dev.tallygate.proto.v1.Subject;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@code pool list} and {@code lease list} ask for, page by page, and how they show it. */
class ListCommandsTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final FakeService service = new FakeService();
  private Server server;

  @BeforeEach
  void start() throws Exception {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(service)
            .build()
            .start();
  }

  @AfterEach
  void stop() {
    server.shutdownNow();
  }

  private int run(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    String address = "127.0.0.1:" + server.getPort();
    all.addAll(List.of("--target", address, "--admin", address));
    return Main.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(all.toArray(String[]::new));
  }

  /** Five pools in pages of two, an empty page among them. */
  private static final class FakeService extends LicensingServiceGrpc.LicensingServiceImplBase {
    final List<ListPoolsRequest> pools = new ArrayList<>();
    final List<ListLeasesRequest> leases = new ArrayList<>();

    @Override
    public void listPools(ListPoolsRequest request, StreamObserver<ListPoolsResponse> reply) {
      pools.add(request);
      int page = request.getPageToken().isEmpty() ? 0 : Integer.parseInt(request.getPageToken());
      ListPoolsResponse.Builder response = ListPoolsResponse.newBuilder();
      if (page != 1)
        for (int i = 0; i < Math.min(2, request.getPageSize()); i++)
          response.addPools(
              Pool.newBuilder()
                  .setEntitlement("e" + page + i)
                  .setModel("metered")
                  .setLimit(100)
                  .setUsed(7));
      if (page < 3) response.setNextPageToken("" + (page + 1));
      reply.onNext(response.build());
      reply.onCompleted();
    }

    @Override
    public void listLeases(ListLeasesRequest request, StreamObserver<ListLeasesResponse> reply) {
      leases.add(request);
      long now = Instant.now().getEpochSecond();
      reply.onNext(
          ListLeasesResponse.newBuilder()
              .addLeases(
                  Lease.newBuilder()
                      .setState(LeaseState.LEASE_STATE_LIVE)
                      .setEntitlement("cad")
                      .setHolder(Subject.newBuilder().setType("user").setId("ann"))
                      .setLeaseId("7k2vq0p-00000000001a8")
                      .setUnits(2)
                      .setSince(Timestamp.newBuilder().setSeconds(now - 7_205))
                      .setUntil(Timestamp.newBuilder().setSeconds(now + 500))
                      .setTtl(Duration.newBuilder().setSeconds(500))
                      .setRequestId("why"))
              .build());
      reply.onCompleted();
    }
  }

  @Test
  void poolList_manyPages_showsATable() {
    assertThat(run("pool", "list", "e", "--partition", "p")).isZero();
    assertThat(out.toString().lines())
        .hasSize(7)
        .first()
        .asString()
        .matches(
            "ENTITLEMENT +PARTITION +MODEL +LIMIT +FREE +HELD +HOLD +LINGER +USED +DEFICIT +RESETS");
    assertThat(out.toString()).contains("e31").doesNotContain("e10");
    assertThat(service.pools).hasSize(4);
    assertThat(service.pools.get(0).getEntitlementPrefix()).isEqualTo("e");
    assertThat(service.pools.get(0).getPartition()).isEqualTo("p");
  }

  @Test
  void poolList_json_isALineEach() throws Exception {
    assertThat(run("pool", "list", "--json")).isZero();
    List<String> lines = out.toString().lines().toList();
    assertThat(lines).hasSize(6);
    assertThat(Json.parse(lines.get(5)).get("entitlement").asText()).isEqualTo("e31");
    assertThat(Json.parse(lines.get(5)).get("used").asLong()).isEqualTo(7);
  }

  @Test
  void poolList_limited_asksForNoMoreAndSaysSo() {
    assertThat(run("pool", "list", "--limit", "3")).isZero();
    assertThat(out.toString().lines()).hasSize(4);
    assertThat(err.toString()).contains("more than 3").contains("--limit");
    assertThat(service.pools.getLast().getPageSize()).isEqualTo(1);
  }

  @Test
  void leaseList_ofAHolder_showsAge() {
    assertThat(run("lease", "list", "cad", "--holder", "user:ann")).isZero();
    assertThat(out.toString())
        .contains("7k2vq0p-00000000001a8")
        .contains("user:ann")
        .contains("2h0m")
        .contains("live")
        .contains("why");
    assertThat(service.leases.get(0).getHolder().getId()).isEqualTo("ann");
    assertThat(service.leases.get(0).getEntitlement()).isEqualTo("cad");
  }

  @Test
  void list_badOptions_areUsageErrors() {
    assertThat(run("pool", "list", "--limit", "0")).isEqualTo(CliExit.USAGE.number());
    assertThat(run("lease", "list", "--watch", "0")).isEqualTo(CliExit.USAGE.number());
  }
}
