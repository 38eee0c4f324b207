package dev.tallygate.loadtest.exact;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.proto.v1.LedgerRecord;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LedgerRecountTest {
  private final Checker checker = new Checker();
  private final LedgerRecount recount = new LedgerRecount(checker);
  private long position;

  LedgerRecountTest() {
    checker.addPool(new PoolRule("meter", 10, false));
  }

  @Test
  void everyAnswerInItsPlace_noFault() {
    seen("r1", "L1", "t1", 6, Op.HOLD);
    seen("r2", "L2", "t2", 1, Op.ALLOCATE);
    record("GRANTED", "r1", "L1", "t1", 6, 4);
    record("GRANTED", "r2", "L2", "t2", 1, 3);
    record("COMMITTED", "", "L1", "", 2, 7);

    assertThat(recount.finish()).isEmpty();
    assertThat(recount.taken("meter")).isEqualTo(3);
    assertThat(recount.records()).isEqualTo(3);
  }

  @Test
  void sealBearsThePositionOfTheLastRecord_noFault() {
    seen("r1", "L1", "t1", 6, Op.HOLD);
    record("GRANTED", "r1", "L1", "t1", 6, 4);
    position--;
    record("SEAL", "", "", "", 0, 0);

    assertThat(recount.finish()).isEmpty();
  }

  @Test
  void acknowledgedGrantMissing_fault() {
    seen("r1", "L1", "t1", 1, Op.ALLOCATE);

    assertFault("request r1 was granted and is in no record");
  }

  @Test
  void idGrantedTwice_fault() {
    seen("r1", "L1", "t1", 1, Op.ALLOCATE);
    record("GRANTED", "r1", "L1", "t1", 1, 9);
    record("GRANTED", "r1", "L2", "t2", 1, 8);

    assertFault("a second time");
  }

  @Test
  void otherLeaseThanAnswered_fault() {
    seen("r1", "L1", "t1", 1, Op.ALLOCATE);
    record("GRANTED", "r1", "L9", "t1", 1, 9);

    assertFault("whose caller has lease L1");
  }

  @Test
  void idThatNobodySent_fault() {
    record("GRANTED", "r7", "L1", "t1", 1, 9);

    assertFault("which nobody sent");
  }

  @Test
  void aboveLimit_fault() {
    seen("r1", "L1", "t1", 8, Op.ALLOCATE);
    seen("r2", "L2", "t2", 3, Op.ALLOCATE);
    record("GRANTED", "r1", "L1", "t1", 8, 2);
    record("GRANTED", "r2", "L2", "t2", 3, -1);

    assertFault("leaves 11 taken of a limit of 10");
  }

  @Test
  void freeDoesNotAddUp_fault() {
    seen("r1", "L1", "t1", 8, Op.ALLOCATE);
    record("GRANTED", "r1", "L1", "t1", 8, 3);

    assertFault("says that 3 are free; counted are 2");
  }

  @Test
  void leaseEndsTwice_fault() {
    seen("r1", "L1", "t1", 8, Op.HOLD);
    record("GRANTED", "r1", "L1", "t1", 8, 2);
    record("CANCELLED", "", "L1", "", 8, 10);
    record("CANCELLED", "", "L1", "", 8, 10);

    assertFault("ends a lease that is not live");
  }

  @Test
  void commitGivesBackMoreThanHeld_fault() {
    seen("r1", "L1", "t1", 2, Op.HOLD);
    seen("r2", "L2", "t2", 5, Op.ALLOCATE);
    record("GRANTED", "r1", "L1", "t1", 2, 8);
    record("GRANTED", "r2", "L2", "t2", 5, 3);
    record("COMMITTED", "", "L1", "", 0, 6);

    assertFault("gives back 3 of a hold of 2");
  }

  @Test
  void refusedForGood_granted_fault() {
    Answer refused = new Answer.Refused("EXHAUSTED");
    checker.check(List.of(new Invocation(Op.ALLOCATE, "meter", "", "r1", "", 1, 2, 0, 1, refused)));
    record("GRANTED", "r1", "L1", "t1", 1, 9);

    assertFault("whose caller was refused");
  }

  @Test
  void recordsOutOfOrder_fault() {
    seen("r1", "L1", "t1", 1, Op.ALLOCATE);
    record("GRANTED", "r1", "L1", "t1", 1, 9);
    position = 0;
    record("REFUSED", "", "", "", 0, 9);

    assertFault("does not come after 1.0");
  }

  private void assertFault(String text) {
    List<String> texts = new ArrayList<>();
    recount.finish().forEach(fault -> texts.add(fault.text()));
    assertThat(texts).anyMatch(each -> each.contains(text));
  }

  private void seen(String id, String lease, String token, long units, Op op) {
    Answer answer = new Answer.Granted(lease, token, op == Op.HOLD ? 1_000 : 0, false, 0);
    checker.check(
        List.of(
            new Invocation(
                op, "meter", "", id, "", units, 1, position * 10, position * 10 + 5, answer)));
  }

  private void record(String kind, String id, String lease, String token, long units, long free) {
    recount.accept(
        LedgerRecord.newBuilder()
            .setPosition(++position)
            .setKind(kind)
            .setEntitlement("meter")
            .setRequestId(id)
            .setLeaseId(lease)
            .setToken(token)
            .setUnits(units)
            .setLimit(10)
            .setFree(free)
            .build());
  }
}
