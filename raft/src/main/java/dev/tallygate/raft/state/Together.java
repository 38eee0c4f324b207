package dev.tallygate.raft.state;

/**
 * Several entitlements of one command: all are granted or none is. Each part is a plan of its own,
 * behind those before it, with its own position, record and answer; they are written together.
 */
final class Together {
  /** Bound on the parts of a command. */
  static final int PARTS_MAX = 10;

  private final State state;
  private final Answers answers;
  private final Fallbacks fallbacks;

  /** Those behind the first, which is the core's own. */
  private final Plan[] plans = new Plan[PARTS_MAX - 1];

  Together(State state, Answers answers, Fallbacks fallbacks) {
    this.state = state;
    this.answers = answers;
    this.fallbacks = fallbacks;
  }

  void plan(Plan plan, AllocateCommand command, Outcome out) {
    int parts = command.parts();
    if (parts > PARTS_MAX) throw new PlanFault(parts + " parts were let through");
    refresh(plan.tenant(), command);
    if (state.requests.count() + parts > state.settings.requestsMax()) {
      Answers.full(TableId.REQUESTS, out);
      return;
    }
    int first = 0;
    for (int part = 0; part < parts; part++) {
      int last = command.lastOfPart(first);
      Plan own = part == 0 ? plan : behind(part, plan, command);
      Outcome of = part == 0 ? out : out.part(part);
      command.key.part = part;
      fallbacks.plan(own, command, first, last, of);
      if (of.status != Outcome.Status.GRANTED) {
        refuse(plan, own, part, of, out);
        return;
      }
      first = last + 1;
    }
    plan.requestRow.setShort(RequestLayout.PARTS, parts);
  }

  /** Before any part is planned: each return to a pool has a position of its own. */
  private void refresh(Tenant tenant, AllocateCommand command) {
    for (int number = 0; number <= command.targetCount(); number++) {
      command.use(number);
      answers.refresh(tenant, command.entitlement, command.partition);
    }
  }

  private Plan behind(int part, Plan first, AllocateCommand command) {
    Plan own = plans[part - 1];
    if (own == null) {
      own = new Plan(state, part == 1 ? first : plans[part - 2]);
      plans[part - 1] = own;
    }
    own.begin(first.tenant());
    own.requestMinute = first.requestMinute;
    Answers.key(own.requestKey, first.tenant(), command.key, part);
    return own;
  }

  /** Nothing of any part remains but the refusal, under the id of the whole. */
  private static void refuse(Plan plan, Plan own, int part, Outcome of, Outcome out) {
    out.refused(part, of);
    boolean keeps = own.request;
    plan.begin(plan.tenant());
    if (!keeps) return;
    if (part > 0) plan.requestRow.length(0).add(own.requestRow);
    plan.requestRow.setShort(RequestLayout.PARTS, part);
    plan.request = true;
  }

  /** Says whether all parts behind the first may be written. */
  void check(int parts) {
    for (int part = 1; part < parts; part++) plans[part - 1].check();
  }

  void write(int parts) {
    for (int part = 1; part < parts; part++) plans[part - 1].write();
  }
}
