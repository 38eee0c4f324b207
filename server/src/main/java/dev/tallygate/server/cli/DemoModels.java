package dev.tallygate.server.cli;

import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.AllocateResponse.OutcomeCase;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.RevokeResponse;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.UnassignSeatRequest;
import dev.tallygate.proto.v1.Value;
import java.util.List;
import java.util.TreeSet;

/** The chapter of the demo about the models that hold nothing for a time: named-user and site. */
final class DemoModels {
  /** As the catalog of the demo says. */
  private static final int NAMED_SEATS = 3;

  private static final int PEOPLE = 8;
  private static final int READERS = 60;

  private final DemoNarrator narrator;
  private final DemoCalls calls;
  private final DemoCalls admin;

  DemoModels(DemoNarrator narrator, DemoCalls calls, DemoCalls admin) {
    this.narrator = narrator;
    this.calls = calls;
    this.admin = admin;
  }

  /** Grants of `review` that clients were told of, uses of a seat they had left out. */
  int seatGrants() {
    return NAMED_SEATS + 1;
  }

  /** Grants of `handbook` that clients were told of. */
  int siteGrants() {
    return READERS;
  }

  void tell() throws InterruptedException {
    narrator.chapter(
        PEOPLE + " people want " + NAMED_SEATS + " seats of `review` that belong to persons");
    seats();
    narrator.chapter(READERS + " readers of `handbook`, which is free inside its regions");
    site();
  }

  private void seats() throws InterruptedException {
    List<AllocateResponse> first = everybody("laptop");
    TreeSet<String> seats = new TreeSet<>();
    int holder = -1;
    int without = -1;
    for (int i = 0; i < PEOPLE; i++) {
      if (first.get(i).hasGranted()) {
        seats.add(grant(first.get(i)).getLeaseId());
        holder = i;
      } else {
        without = i;
      }
    }
    narrator.expect("seats assigned on first use", NAMED_SEATS, seats.size());
    TreeSet<String> again = new TreeSet<>();
    for (AllocateResponse answer : everybody("phone"))
      if (answer.hasGranted() && grant(answer).getResumed()) again.add(grant(answer).getLeaseId());
    narrator.expect("the same people on their phones use the same", true, seats.equals(again));
    Subject leaver = Subject.newBuilder().setType("user").setId("reviewer-" + holder).build();
    RevokeResponse taken =
        admin.call(
            0,
            (stub, n) ->
                stub.unassignSeat(
                    UnassignSeatRequest.newBuilder()
                        .setEntitlement("review")
                        .setSubject(leaver)
                        .setReason("left the company")
                        .build()));
    narrator.expect("one of them leaves; the seat is", true, taken.hasEnded());
    narrator.expect(
        "and goes to somebody who had none",
        OutcomeCase.GRANTED,
        calls.allocate(0, use(without, "laptop")).getOutcomeCase());
  }

  private List<AllocateResponse> everybody(String session) throws InterruptedException {
    return DemoCrowd.of(PEOPLE, i -> calls.allocate(i % calls.nodes(), use(i, session)));
  }

  private static AllocateRequest.Builder use(int person, String session) {
    return DemoCalls.wish("review", "reviewer-" + person).setSession(session);
  }

  private void site() throws InterruptedException {
    List<AllocateResponse> answers =
        DemoCrowd.of(
            READERS,
            i -> calls.allocate(i % calls.nodes(), read("reader-" + i, i % 2 == 0 ? "eu" : "us")));
    narrator.expect(
        "reads granted, with no limit to reach",
        (long) READERS,
        answers.stream().filter(AllocateResponse::hasGranted).count());
    narrator.expect(
        "a reader elsewhere is",
        "OUT_OF_SCOPE",
        DemoStory.reason(calls.allocate(0, read("reader-0", "mars")).getRefused()));
  }

  private static AllocateRequest.Builder read(String reader, String region) {
    AllocateRequest.Builder wish = DemoCalls.wish("handbook", reader);
    wish.getSubjectBuilder()
        .putProperties("region", Value.newBuilder().setStringValue(region).build());
    return wish;
  }

  private static Grant grant(AllocateResponse answer) {
    return answer.getGranted().getGrants(0);
  }
}
