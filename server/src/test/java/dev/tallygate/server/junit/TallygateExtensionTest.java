package dev.tallygate.server.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tallygate.client.Allocation;
import dev.tallygate.client.Ask;
import dev.tallygate.client.Ended;
import dev.tallygate.client.Hold;
import dev.tallygate.client.Lease;
import dev.tallygate.client.Receipt;
import dev.tallygate.client.Refusal;
import dev.tallygate.client.Tallygate;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The extension as a service's own test uses it, and the client library against a real node. */
final class TallygateExtensionTest {
  @RegisterExtension
  static final TallygateExtension NODE =
      TallygateExtension.withCatalogResource(TallygateExtensionTest.class, "catalog.yaml");

  private static Ask seat(String user) {
    return Ask.of("editor").subject("user", user).session("laptop");
  }

  @Test
  void seat_grantedRefusedReleasedGranted() {
    try (Allocation alice = NODE.tallygate().allocate(seat("alice"))) {
      assertThat(alice).isInstanceOf(Lease.class);
      assertThat(alice.isLive()).isTrue();
      assertThat(((Lease) alice).free()).isZero();

      Refusal refusal = (Refusal) NODE.tallygate().allocate(seat("bob"));
      assertThat(refusal.why()).isEqualTo("EXHAUSTED");
      assertThat(refusal.limit()).isEqualTo(1);
      assertThat(refusal.taken()).isEqualTo(1);
    }
    try (Allocation bob = NODE.tallygate().allocate(seat("bob"))) {
      assertThat(bob.isLive()).isTrue();
    }
  }

  @Test
  void sameSession_resumes_andTheOlderLeaseIsFenced() {
    Tallygate tallygate = NODE.tallygate();
    try (Lease first = (Lease) tallygate.allocate(seat("carol"));
        Lease second = (Lease) tallygate.allocate(seat("carol"))) {
      assertThat(second.isResumed()).isTrue();
      assertThat(second.token()).isNotEqualTo(first.token());
      assertThat(second.leaseId()).isEqualTo(first.leaseId());
      // A zombie does not free the seat of its successor.
      first.close();
      assertThat(tallygate.allocate(seat("dave"))).isInstanceOf(Refusal.class);
      assertThat(second.isLive()).isTrue();
    }
  }

  @Test
  void meter_chargedHeldCommittedAndGivenBack() {
    Ask calls = Ask.of("calls").subject("service", "web");
    Receipt receipt = (Receipt) NODE.tallygate().allocate(calls.units(2));
    assertThat(receipt.units()).isEqualTo(2);
    long free = receipt.free();

    try (Hold hold = (Hold) NODE.tallygate().allocate(calls.units(5).hold())) {
      assertThat(hold.isLive()).isTrue();
      Ended end = (Ended) hold.commit(3);
      assertThat(end.why()).isEqualTo("COMMITTED");
      assertThat(end.charged()).isEqualTo(3);
      assertThat(hold.commit(3)).isEqualTo(end);
    }
    try (Hold hold = (Hold) NODE.tallygate().allocate(calls.units(5).hold())) {
      assertThat(hold.free()).isEqualTo(free - 3 - 5);
    }
    Receipt last = (Receipt) NODE.tallygate().allocate(calls.units(1));
    assertThat(last.free()).isEqualTo(free - 3 - 1);
  }

  @Test
  void unknownEntitlement_isARefusal_andABadFieldAnException() {
    Refusal refusal = (Refusal) NODE.tallygate().allocate(Ask.of("none").subject("user", "u"));
    assertThat(refusal.why()).isEqualTo("NOT_FOUND");
    assertThatThrownBy(() -> NODE.tallygate().allocate(Ask.of("editor")))
        .hasMessageContaining("subject");
  }

  @Test
  void badCatalog_isRefusedWithWhy() {
    assertThatThrownBy(() -> NODE.applyCatalog("kind: Nonsense"))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("kind");
  }

  @Test
  void targets_areThoseOfARealNode() {
    try (Tallygate own = Tallygate.connect(NODE.target())) {
      assertThat(own.allocate(Ask.of("calls").subject("service", "own")).isLive()).isTrue();
    }
    assertThat(NODE.adminTarget()).startsWith("127.0.0.1:").isNotEqualTo(NODE.target());
  }

  @Test
  void notRunning_saysWhatToDo() {
    assertThatThrownBy(() -> TallygateExtension.withCatalog("").tallygate())
        .hasMessageContaining("@RegisterExtension");
    assertThatThrownBy(
            () -> TallygateExtension.withCatalogResource(TallygateExtensionTest.class, "none"))
        .hasMessageContaining("`none`");
  }

  // JUnit goes through a static extension for the outer class, and within that for each nested one.
  @Test
  void nestedClasses_shareTheNodeOfTheOuterOne_andItIsStopped() throws Exception {
    TallygateExtension extension =
        TallygateExtension.withCatalogResource(TallygateExtensionTest.class, "catalog.yaml");
    extension.enter();
    String target = extension.target();
    extension.enter();
    assertThat(extension.target()).isEqualTo(target);
    extension.leave();
    assertThat(extension.tallygate().allocate(seat("outer")).isLive()).isTrue();
    assertThat(extension.target()).isEqualTo(target);
    extension.leave();
    assertThatThrownBy(extension::target).hasMessageContaining("does not run");
  }

  @Test
  void nodeClosed_itsFolderIsGone() throws Exception {
    EmbeddedNode node = EmbeddedNode.start();
    Path dir = node.dir();
    assertThat(dir).isNotEmptyDirectory();
    node.close();
    assertThat(dir).doesNotExist();
  }
}
