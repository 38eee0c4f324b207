package dev.tallygate.server.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.log.v1.LedgerBody;
import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.proto.log.v1.Sharing;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.ReleaseRequest;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.raft.store.LedgerReader;
import dev.tallygate.server.call.OneLog;
import dev.tallygate.server.licensing.TestNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PoolNamesTest {
  private static final long SECOND_US = 1_000_000;
  private static final int TENANT = 1;
  private static final int POOLS = 60;
  private static final int KEPT = 4;

  @TempDir private Path dir;
  private OneLog log;
  private TestNode node;
  private int requests;

  @BeforeEach
  void start() throws Exception {
    log = new OneLog(dir);
    log.lead("n1");
    node = new TestNode(log, "n1");
  }

  @AfterEach
  void stop() throws Exception {
    node.close();
    log.close();
  }

  // Few places and few names: nearly every question goes to the files. The model is a plain map of
  // all names, as it was before there was a bound.
  @Test
  void partitionsThatComeAndGo_leaveNoNamesBehind() throws Exception {
    for (int i = 0; i < POOLS; i++) comeAndGo("e" + i);
    Map<Long, String> all = created();
    assertThat(all).hasSize(POOLS);
    for (long placeBytes : new long[] {1, 2_000, 1L << 30}) {
      PoolNames names = new PoolNames(log.ledger(), KEPT, placeBytes);
      List<Long> pools = new ArrayList<>(all.keySet());
      pools.addAll(pools.reversed());
      for (long pool : pools) {
        PoolNames.Name name = names.of(TENANT, pool, log.ledger().length(), () -> false);
        assertThat(name)
            .as("pool %s", pool)
            .isEqualTo(new PoolNames.Name(String.valueOf(all.get(pool)), ""));
        assertThat(names.kept()).isLessThanOrEqualTo(KEPT);
      }
    }
  }

  @Test
  void poolsMadeLater_areFoundToo_andThoseThatAreNotAreNot() throws Exception {
    PoolNames names = new PoolNames(log.ledger(), KEPT, 1);
    comeAndGo("first");
    assertThat(names.of(TENANT, 1, log.ledger().length(), () -> false))
        .isEqualTo(new PoolNames.Name("first", ""));
    assertThat(names.of(TENANT, 2, log.ledger().length(), () -> false)).isNull();
    for (int i = 0; i < 10; i++) comeAndGo("later" + i);
    assertThat(names.of(TENANT, 2, log.ledger().length(), () -> false))
        .isEqualTo(new PoolNames.Name("later0", ""));
    assertThat(names.of(TENANT, 99, log.ledger().length(), () -> false)).isNull();
    assertThat(names.of(TENANT + 1, 2, log.ledger().length(), () -> false)).isNull();
  }

  @Test
  void nobodyWantsToKnow_readsNoFurther() throws Exception {
    comeAndGo("cad");
    PoolNames names = new PoolNames(log.ledger(), KEPT, 1);
    assertThat(names.of(TENANT, 1, log.ledger().length(), () -> true)).isNull();
    assertThat(names.of(TENANT, 1, log.ledger().length(), () -> false)).isNotNull();
  }

  @Test
  void places_areKeptApart() {
    PoolPlaces places = new PoolPlaces(100);
    for (int pool = 1; pool <= 1_000; pool++) places.add(pool, pool * 10L);
    assertThat(places.count()).isEqualTo(100);
    assertThat(places.placeOf(0)).isEqualTo(-1);
    assertThat(places.placeOf(1)).isEqualTo(10);
    assertThat(places.placeOf(10)).isEqualTo(10);
    assertThat(places.placeOf(11)).isEqualTo(110);
    assertThat(places.placeOf(2_000)).isEqualTo(9_910);
  }

  private Map<Long, String> created() throws Exception {
    Map<Long, String> names = new TreeMap<>();
    try (LedgerReader reader = log.ledger().reader(log.ledger().begin())) {
      while (reader.next()) {
        LedgerBody body = Scan.parse(reader.record());
        if (reader.kind() == LedgerKind.LEDGER_KIND_POOL_CREATED_VALUE)
          names.put(body.getPool(), body.getEntitlement());
      }
    }
    return names;
  }

  /** A pool of an entitlement that is there for a moment. */
  private void comeAndGo(String entitlement) {
    log.catalog(
        Entitlement.newBuilder()
            .setName(entitlement)
            .setLimit(1)
            .setConcurrentSession(
                ConcurrentSession.newBuilder()
                    .setTtlUs(60 * SECOND_US)
                    .setTtlMaxUs(120 * SECOND_US)
                    .setGraceUs(5 * SECOND_US)
                    .setSharing(Sharing.SHARING_SUBJECT))
            .build());
    var stub =
        LicensingServiceGrpc.newBlockingStub(node.admin()).withDeadlineAfter(5, TimeUnit.SECONDS);
    Grant grant =
        stub.allocate(
                AllocateRequest.newBuilder()
                    .setRequestId("r" + ++requests)
                    .setIssuedAt(Timestamp.newBuilder().setSeconds(log.wallUs() / SECOND_US))
                    .setSubject(Subject.newBuilder().setType("user").setId("ann"))
                    .addEntitlements(EntitlementUnits.newBuilder().setEntitlement(entitlement))
                    .build())
            .getGranted()
            .getGrants(0);
    var unused =
        stub.release(
            ReleaseRequest.newBuilder()
                .setLeaseId(grant.getLeaseId())
                .setToken(grant.getToken())
                .build());
  }
}
