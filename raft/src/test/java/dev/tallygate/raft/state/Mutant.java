package dev.tallygate.raft.state;

import java.util.List;
import java.util.Set;

/**
 * A bug that somebody could write into the core.
 *
 * @param breaks the rule that it breaks
 * @param file source file of the core
 * @param text what stands there, exactly once
 * @param instead what stands there in the mutant
 */
record Mutant(String breaks, String file, String text, String instead) {
  /**
   * What many more lives are needed for than a build has time for. They are planted where more are
   * asked for: {@code -Dmutants.seeds=30000}.
   */
  static final Set<String> RARE =
      Set.of(
          "a label releases without bound",
          "restored replica forgets holds whose pool is gone",
          "removal ends what was opened after it",
          "a pool that goes on forgets what retired since",
          "refused although leases of a predecessor are due that the sweep has not come to");

  static final List<Mutant> ALL =
      List.of(
          new Mutant(
              "limit off by one",
              "Answers.java",
              "fresh.counts().fresh(fresh.catalogLimit);",
              "fresh.counts().fresh(fresh.catalogLimit + 1);"),
          new Mutant(
              "dropped dedupe",
              "Answers.java",
              "if (!state.requests.find(plan.requestMinute, plan.requestKey, plan.requestRow)) return",
              "if (state.leases >= 0) return"),
          new Mutant(
              "other content under an id passes as a repeat",
              "Answers.java",
              "|| row.getLong(RequestLayout.CONTENT_LOW) != key.contentLow) {",
              "&& row.getLong(RequestLayout.CONTENT_LOW) != key.contentLow + 1"
                  + " && key.contentHigh == 0) {"),
          new Mutant(
              "refusal counted",
              "Allocations.java",
              "out.retryAfterUs = retryAfterUs(pool, plan, command.units);",
              """
              out.retryAfterUs = retryAfterUs(pool, plan, command.units);
              pool.counts().used += pool.counts().free;
              pool.counts().free = 0;
              state.touch(pool);
              """),
          new Mutant(
              "a refusal makes its pool",
              "Answers.java",
              "plan.begin(plan.tenant());\n    keep(",
              "keep("),
          new Mutant(
              "double expiry: the row stays",
              "Leases.java",
              "remove(plan);\n        markEnded(plan, EndReason.END_REASON_EXPIRED, 0);",
              "markEnded(plan, EndReason.END_REASON_EXPIRED, 0);"),
          new Mutant(
              "lost release",
              "Leases.java",
              "case LeaseLayout.STATE_LIVE -> release(plan, out);",
              "case LeaseLayout.STATE_LIVE -> Answers.ended(EndReason.END_REASON_RELEASED, 0, out);"),
          new Mutant(
              "refused although leases are due that the sweep has not come to",
              "Allocations.java",
              "if (state.leasesOverdue && plan.counts.out() + plan.counts.carried > 0) {",
              "if (state.leases < 0) {"),
          new Mutant(
              "grace ignored",
              "Allocations.java",
              "long ends = ttlEnds + pool.entitlement().graceUs();\n    openLease",
              "long ends = ttlEnds;\n    openLease"),
          new Mutant(
              "partition leak",
              "Sweeper.java",
              "if (!civil && wasIdle && pool.entitlement().partitioned())",
              "if (!civil && wasIdle && !pool.entitlement().partitioned())"),
          new Mutant(
              "clock that runs fast: a pause counts in full",
              "Clocks.java",
              "Math.clamp(reading - monotonicUs, 0, 2 * tickUs)",
              "Math.max(reading - monotonicUs, 0)"),
          new Mutant(
              "clock that runs over a change of leader",
              "Clocks.java",
              "      term = entryTerm;\n",
              "      term = entryTerm;\n      elapsedUs += tickUs;\n"),
          new Mutant(
              "civil clock goes back",
              "Clocks.java",
              "civilUs = Math.max(civilUs, Math.min(header.wallUs(), bound));",
              "civilUs = Math.min(header.wallUs(), bound);"),
          new Mutant(
              "median of an older term believed",
              "Clocks.java",
              "medianKnown = false;\n    } else",
              "medianKnown = medianKnown && true;\n    } else"),
          new Mutant("cut ignored", "LimitChanges.java", "plan.counts.limit(limit);", ""),
          new Mutant(
              "deficit not repaid first",
              "Counts.java",
              "long repaid = Math.min(deficit, units);",
              "long repaid = 0;"),
          new Mutant(
              "override that outlives its time",
              "LimitChanges.java",
              "if (state.clocks.civilUs() < pool.overrideUntilUs) return;",
              "if (state.clocks.civilUs() < pool.overrideUntilUs + 30_000_000) return;"),
          new Mutant(
              "token reused by a resumption",
              "Allocations.java",
              "row.setLong(LeaseLayout.TOKEN, plan.position());\n    row.setLong(LeaseLayout.TTL_ENDS",
              "row.setLong(LeaseLayout.TTL_ENDS"),
          new Mutant(
              "zombie not fenced",
              "Leases.java",
              "if (command.token == token) return",
              "if (command.token <= token) return"),
          new Mutant(
              "linger and cool-down ignored",
              "Leases.java",
              "boolean cools = freeAt > state.clocks.elapsedUs();",
              "boolean cools = false;"),
          new Mutant(
              "renewal cuts short what was promised",
              "Leases.java",
              "Math.max(row.getLong(LeaseLayout.TTL_ENDS), now + pool.entitlement().ttlUs(command.ttlUs));",
              "now + pool.entitlement().ttlUs(command.ttlUs);"),
          new Mutant(
              "hold charged twice",
              "Leases.java",
              "if (standing == LeaseLayout.STATE_SETTLED) {\n      ended(row, out);\n      return;\n    }\n    if (standing != LeaseLayout.STATE_HOLD) {",
              "if (standing != LeaseLayout.STATE_HOLD && standing != LeaseLayout.STATE_SETTLED) {"),
          new Mutant(
              "late commit charges the next window",
              "Leases.java",
              "return !pool.entitlement().calendar() || pool.windowStartUs == row.getLong(LeaseLayout.WINDOW);",
              "return true;"),
          new Mutant(
              "hold of a dropped pool charged against its declaration",
              "Leases.java",
              "(plan.leaseRow.getByte(LeaseLayout.FLAGS) & LeaseLayout.FLAG_EXPIRY_CANCELS) != 0",
              "(plan.leaseRow.getByte(LeaseLayout.FLAGS) & LeaseLayout.FLAG_EXPIRY_CANCELS) == 0"),
          new Mutant(
              "window slice kept too short",
              "Entitlement.java",
              "canonical.getMetered().getSlices() + 1 : 0",
              "canonical.getMetered().getSlices() : 0"),
          new Mutant(
              "request window too short",
              "Answers.java",
              "civil >= key.issuedAtUs + state.settings.requestWindowUs()",
              "civil >= key.issuedAtUs + state.settings.requestWindowUs() / 2"),
          new Mutant(
              "ids forgotten once come back when the window grows",
              "Requests.java",
              "forgottenUs = Math.max(forgottenUs, civilUs - windowUs);",
              "forgottenUs = civilUs - windowUs;"),
          new Mutant(
              "catalog version not checked",
              "Answers.java",
              "if (catalogVersion != plan.tenant().catalogVersion || state.agreement.disputedIndex() != 0) {",
              "if (state.agreement.disputedIndex() != 0) {"),
          new Mutant(
              "disputed cluster takes on",
              "Answers.java",
              "if (catalogVersion != plan.tenant().catalogVersion || state.agreement.disputedIndex() != 0) {",
              "if (catalogVersion != plan.tenant().catalogVersion) {"),
          new Mutant(
              "repeat answers full ttl",
              "Answers.java",
              "long left = Math.max(0, leaseRow.getLong(LeaseLayout.TTL_ENDS) - state.clocks.elapsedUs());",
              "long left = out.pool == null ? 0 : out.pool.entitlement().ttlUs(0);"),
          new Mutant(
              "repeat does not say why a lease is over",
              "Leases.java",
              "markEnded(plan, EndReason.END_REASON_EXPIRED, 0);",
              ""),
          new Mutant(
              "settled holds swept too early",
              "Leases.java",
              "state.clocks.civilUs() + state.settings.requestWindowUs()",
              "state.clocks.civilUs() + state.settings.requestWindowUs() / 4"),
          new Mutant(
              "request of a forgotten hold forgets its outcome",
              "Leases.java",
              "if (plan.endedRow.getByte(RequestLayout.KIND) == RequestLayout.KIND_ENDED) return;",
              "if (plan.endedRow.getByte(RequestLayout.KIND) != RequestLayout.KIND_LEASE) return;"),
          new Mutant(
              "restored replica forgets its timers",
              "Restore.java",
              "if (time == Timers.NEVER) return;",
              "if (time != 0) return;"),
          new Mutant(
              "minority agrees on a digest",
              "Agreement.java",
              "int majority = voters / 2 + 1;",
              "int majority = voters / 2;"),
          new Mutant(
              "another set is replaced too",
              "CatalogChanges.java",
              "return entitlement.set().equals(command.getSet());",
              "return true;"),
          new Mutant(
              "bound on entitlements counts one set",
              "CatalogChanges.java",
              "if (others + command.getEntitlementsCount() > ",
              "if (command.getEntitlementsCount() > "),
          new Mutant(
              "an added entitlement is not taken back",
              "Reader.java",
              "else catalog.remove(undo.getName());",
              ""),
          new Mutant(
              "one version too many is kept",
              "CatalogVersions.java",
              "tenant.catalogVersion - tenant.oldestVersion >= ",
              "tenant.catalogVersion - tenant.oldestVersion > "),
          new Mutant(
              "versions of the catalog outlive a shorter bound",
              "CatalogVersions.java",
              "while (tenant.oldestVersion < tenant.catalogVersion && tooMany(tenant)) dropOldest(tenant);",
              "if (tenant.oldestVersion < tenant.catalogVersion && tooMany(tenant)) dropOldest(tenant);"),
          new Mutant(
              "expiry without a record",
              "Leases.java",
              "record(plan, LedgerKind.LEDGER_KIND_EXPIRED, units, 0);",
              "plan.moves = true;"),
          new Mutant(
              "second seat for the same subject",
              "Seats.java",
              "boolean has = !plan.newPool &&",
              "boolean has = plan.counts.free == 0 && !plan.newPool &&"),
          new Mutant(
              "seat assigned by use although administrators alone may",
              "Seats.java",
              "pool.entitlement().assignedOnly()\n        && !command.assign",
              "pool.entitlement().assignedOnly()\n        && command.assign"),
          new Mutant(
              "seat of many units",
              "Seats.java",
              "if (command.units != 1) {",
              "if (command.units > 2) {"),
          new Mutant(
              "use of a seat fences its holder's other processes",
              "Seats.java",
              "again(plan, command, pool);\n    plan.moves",
              "plan.leaseRow.setLong(LeaseLayout.TOKEN, plan.position());\n"
                  + "    again(plan, command, pool);\n    plan.moves"),
          new Mutant(
              "seat taken again under its old token",
              "Seats.java",
              "plan.leaseRow.setLong(LeaseLayout.TOKEN, plan.position());",
              ""),
          new Mutant(
              "use does not keep a seat",
              "Seats.java",
              "plan.leaseRow.setLong(LeaseLayout.LAST_USE, now);",
              ""),
          new Mutant(
              "idle seat never taken back",
              "Seats.java",
              "of.idleAfterUs() == 0 ? Timers.NEVER :",
              "of.idleAfterUs() >= 0 ? Timers.NEVER :"),
          new Mutant(
              "cool-down counted from the last use",
              "Seats.java",
              "row.getLong(LeaseLayout.ASSIGNED) + of.coolDownUs()",
              "row.getLong(LeaseLayout.LAST_USE) + of.coolDownUs()"),
          new Mutant(
              "revoking twice shortens a cool-down",
              "Leases.java",
              "if (plan.pool().entitlement().model() == Entitlement.Model.NAMED_USER) {",
              "if (plan.pool().entitlement().model() == Entitlement.Model.SITE) {"),
          new Mutant(
              "seat that cools down is forgotten by the sweep",
              "Leases.java",
              "if (row.getByte(LeaseLayout.STATE) == LeaseLayout.STATE_COOLING\n",
              "if (row.getByte(LeaseLayout.STATE) == LeaseLayout.STATE_HOLD\n"),
          new Mutant(
              "released although it is a seat",
              "Leases.java",
              "case LeaseLayout.STATE_HOLD, LeaseLayout.STATE_SEAT ->",
              "case LeaseLayout.STATE_SEAT -> unassign(plan, EndReason.END_REASON_RELEASED,"
                  + " LedgerKind.LEDGER_KIND_RELEASED, out);\n      case LeaseLayout.STATE_HOLD ->"),
          new Mutant(
              "site that is limited",
              "LimitChanges.java",
              "if (entitlement.model() == Entitlement.Model.SITE) {",
              "if (entitlement.model() == null) {"),
          new Mutant(
              "hold on a site",
              "Allocations.java",
              "boolean held = entitlement.model() == Entitlement.Model.METERED;",
              "boolean held = entitlement.counts();"),
          new Mutant(
              "holder has one more than the maximum",
              "Holders.java",
              "if (taken + command.units > most && ",
              "if (taken > most && "),
          new Mutant(
              "maximum per holder of another pool",
              "Holders.java",
              "HolderLayout.key(plan.holderKey, command.tenant, pool.number(), command.holder);",
              "HolderLayout.key(plan.holderKey, command.tenant, 1, command.holder);"),
          new Mutant(
              "a lease that is over counts on for its holder",
              "Holders.java",
              "plan.holder = left == 0 ? Plan.Write.REMOVE : Plan.Write.UPDATE;",
              ""),
          new Mutant(
              "lease from before the maximum is taken out of a count that it is not in",
              "Holders.java",
              "if ((plan.leaseRow.getByte(LeaseLayout.FLAGS) & LeaseLayout.FLAG_OF_HOLDER) == 0) return;",
              "if (plan.pool().entitlement().holderMax() == 0) return;"),
          new Mutant(
              "a holder's maximum refuses although leases are due that the sweep has not come to",
              "Holders.java",
              "boolean waits = state.leasesOverdue && taken > 0;",
              "boolean waits = false;"),
          new Mutant(
              "one more than overage allows",
              "Overage.java",
              "beyond <= most(counts.limit)",
              "beyond <= most(counts.limit) + 1"),
          new Mutant(
              "per cent of overage rounded up",
              "Overage.java",
              "limit * terms.getPercent() / HUNDRED",
              "Math.ceilDiv(limit * terms.getPercent(), HUNDRED)"),
          new Mutant(
              "overage that outlives its time",
              "Overage.java",
              "civilUs >= sinceUs + terms.getForUs()",
              "civilUs > sinceUs + 2 * terms.getForUs()"),
          new Mutant(
              "what a cut limit has outstanding is not beyond the limit",
              "Overage.java",
              "counts.overage + counts.deficit + units",
              "counts.overage + units"),
          new Mutant(
              "the time of overage begins anew with each grant",
              "Pool.java",
              "else if (overageSinceUs == 0) overageSinceUs = civilUs;",
              "else overageSinceUs = civilUs;"),
          new Mutant(
              "overage that is over once is over for good",
              "Pool.java",
              "if (after.overage == 0) overageSinceUs = 0;\n    else if",
              "if"),
          new Mutant(
              "overage repaid before what a cut limit has outstanding",
              "Counts.java",
              "long repaid = Math.min(deficit, units);\n    deficit -= repaid;\n    long within = Math.min(overage, units - repaid);",
              "long within = Math.min(overage, units);\n    long repaid = Math.min(deficit, units - within);\n    deficit -= repaid;"),
          new Mutant(
              "units taken elsewhere although a session goes on further down the chain",
              "Fallbacks.java",
              "if (resumes(plan, command, first, last, out)) return;",
              ""),
          new Mutant(
              "fallback after another refusal than exhausted",
              "Fallbacks.java",
              "if (!exhausted(out)) break;",
              "if (out.status != Outcome.Status.REFUSED) break;"),
          new Mutant(
              "last of the chain is never tried",
              "Fallbacks.java",
              "for (int number = first; number <= last; number++) {\n      tried",
              "for (int number = first; number < last; number++) {\n      tried"),
          new Mutant(
              "refused by the last of the chain instead of the first",
              "Fallbacks.java",
              "of(plan, command, answers, out)",
              "of(plan, command, last, out)"),
          new Mutant(
              "granted in part although one of several refuses",
              "Together.java",
              "out.refused(part, of);\n    boolean keeps = own.request;\n    plan.begin(plan.tenant());\n    if (!keeps) return;",
              "boolean keeps = own.request && part == 0;\n    if (part == 0) plan.begin(plan.tenant());\n    if (part == 0) out.refused(part, of);\n    if (!keeps) return;"),
          new Mutant(
              "parts of a request share their position",
              "Plan.java",
              "plansBefore = before == null ? 0 : before.plansBefore + 1;",
              "plansBefore = 0;"),
          new Mutant(
              "what a part takes of a pool is free for the next",
              "Plan.java",
              "if (other.pool != of) continue;\n      counts",
              "if (other.pool == of) continue;\n      counts"),
          new Mutant(
              "two parts in one session",
              "Allocations.java",
              "if (plan.isTakenBefore(pool) && !entitlement.counts()) {",
              "if (state.leases < 0 && plan.isTakenBefore(pool)) {"),
          new Mutant(
              "a repeat answers the first part alone",
              "Answers.java",
              "else for (int part = 1; part < parts; part++)",
              "else for (int part = 1; part < Math.min(parts, 1); part++)"),
          new Mutant(
              "parts of a request are not counted against the bound on ids",
              "Together.java",
              "if (state.requests.count() + parts > ",
              "if (state.requests.count() >= "),
          new Mutant(
              "the end of one part is told as that of another",
              "Leases.java",
              "int part = LeaseLayout.part(row);",
              "int part = 0;"),
          new Mutant(
              "observed without a word",
              "Allocations.java",
              "if (out.observed == 0) out.observed = why.getNumber();",
              ""),
          new Mutant(
              "the last reason is told instead of the first",
              "Allocations.java",
              "if (out.observed == 0) out.observed = why.getNumber();",
              "out.observed = why.getNumber();"),
          new Mutant(
              "one that observes grants before its fallback is tried",
              "Fallbacks.java",
              "command.observes = false;",
              ""),
          new Mutant(
              "a repeat does not say that it was only observed",
              "Answers.java",
              "if (out.status == Outcome.Status.GRANTED) out.observed = row.getByte(RequestLayout.REASON);",
              ""),
          new Mutant(
              "others take what is kept for a group",
              "Reservations.java",
              "kept += Math.max(0, of.reserved(number) - taken);",
              ""),
          new Mutant(
              "what a group has taken is kept for it once more",
              "Reservations.java",
              "of.reserved(number) - taken",
              "of.reserved(number)"),
          new Mutant(
              "a member leaves alone what is kept for its own group",
              "Reservations.java",
              "if (number == command.group) continue;",
              ""),
          new Mutant(
              "a lease that is over counts on for its group",
              "Reservations.java",
              "plan.group = left == 0 ? Plan.Write.REMOVE : Plan.Write.UPDATE;",
              ""),
          new Mutant(
              "beyond the limit although units are free that are kept for others",
              "Allocations.java",
              "out.reserved == 0\n            && overage != null",
              "overage != null"),
          new Mutant(
              "block of a label ignored",
              "LabelCommands.java",
              "if (left > 0) {\n      out.retryAfterUs",
              "if (left > Long.MAX_VALUE - 1) {\n      out.retryAfterUs"),
          new Mutant(
              "only the first label of a request is asked for",
              "LabelBlocks.java",
              "for (int i = 0; i < command.labelCount; i++) {",
              "for (int i = 0; i < Math.min(1, command.labelCount); i++) {"),
          new Mutant(
              "block of a label that was prolonged ends at its first time",
              "LabelBlocks.java",
              "if (block.number() == number) return block;",
              "if (block.number() >= number) return block;"),
          new Mutant(
              "a label releases without bound",
              "LabelCommands.java",
              "state.labelReleasesLeft--;",
              ""),
          new Mutant(
              "one lease under a label is forgotten",
              "LabelCommands.java",
              "long lease = state.labels.first(tenant.number, name);",
              "long lease = state.labels.first(tenant.number, name);\n"
                  + "    if (lease != 0) lease = state.labels.after(tenant.number, name, lease);"),
          new Mutant(
              "a label releases what came after the call",
              "LabelCommands.java",
              "state.labelReleasesLeft > 0 && token(tenant, lease) <= upTo) {",
              "state.labelReleasesLeft > 0) {"),
          new Mutant(
              "a resumed session stands under the labels that it had",
              "Allocations.java",
              "plan.relabel(command);",
              ""),
          new Mutant(
              "a session that is gone stays under its label",
              "Leases.java",
              "plan.lease = Plan.Write.REMOVE;\n    plan.dropLabels();",
              "plan.lease = Plan.Write.REMOVE;"),
          new Mutant(
              "a settled hold stays under its label",
              "Leases.java",
              "plan.dropLabels();\n    plan.timerAnew(state.settledTimers",
              "plan.timerAnew(state.settledTimers"),
          new Mutant(
              "a seat that cools down stays under its label",
              "Leases.java",
              "so there is nothing left to release.\n    plan.dropLabels();",
              "so there is nothing left to release.\n"),
          new Mutant(
              "a restored replica forgets the blocks of labels",
              "Restore.java",
              "tenant.blocks().put(block);",
              ""),
          new Mutant(
              "bound on what stands under labels ignored",
              "LabelCommands.java",
              "state.labels.count() + rows <= ",
              "state.labels.count() - rows <= "),
          new Mutant(
              "threshold raised again while it stays reached",
              "Thresholds.java",
              "if (percent <= raised) continue;",
              ""),
          new Mutant(
              "threshold never armed again",
              "Thresholds.java",
              "if (percent <= raised && use >= armedBelow(percent, limit)) stays = percent;",
              "if (percent <= raised) stays = percent;"),
          new Mutant(
              "threshold raised one unit late",
              "Thresholds.java",
              "return Math.max(1, Math.ceilDiv(limit * percent, 100));",
              "return Math.max(1, Math.ceilDiv(limit * percent, 100)) + 1;"),
          new Mutant(
              "only the lowest of several thresholds is raised",
              "Thresholds.java",
              "      nextAt = Long.MAX_VALUE;\n    }\n    armedBelow",
              "      break;\n    }\n    armedBelow"),
          new Mutant(
              "thresholds stay where they were under another limit",
              "Thresholds.java",
              "|| counts.limit != limit;",
              "|| limit < 0;"),
          new Mutant(
              "a restored replica raises its thresholds again",
              "Pool.java",
              "pool.thresholds.raised = (int) row.getLong(PoolLayout.RAISED);",
              ""),
          new Mutant(
              "ledger chain begins anew with each entry",
              "Ledger.java",
              "sha256.update(tenant.head);",
              ""),
          new Mutant(
              "suspended tenant grants",
              "Allocations.java",
              "tenant.status == TenantStatus.SUSPENDED",
              "tenant.status == TenantStatus.ENDING"),
          new Mutant(
              "deleted tenant is found",
              "State.java",
              "tenant == null || tenant.ending() ? null : tenant",
              "tenant"),
          new Mutant(
              "tenant begins in the past of another",
              "TenantChanges.java",
              "Math.max(state.positionsEnded, command.getFirstPosition())",
              "command.getFirstPosition()"),
          new Mutant(
              "number of a tenant given again",
              "TenantChanges.java",
              "new Tenant(++state.tenantsMade, command.getName());",
              "new Tenant(state.tenantCount() + 1, command.getName());\n    state.tenantsMade++;"),
          new Mutant(
              "tenant deleted although it is in use",
              "TenantChanges.java",
              "if (tenant.status != TenantStatus.SUSPENDED && !empty(tenant)) {",
              "if (tenant.status != TenantStatus.SUSPENDED && tenant.leases > 0) {"),
          new Mutant(
              "name of a tenant free before it has ended",
              "TenantChanges.java",
              "if (tenant.ending()) Answers.retry(out);",
              "if (state.leases < 0) Answers.retry(out);"),
          new Mutant(
              "hold whose pool is gone outlives its tenant's deletion",
              "Pools.java",
              "pool.leases().addTo(tenant.strays());",
              ""),
          new Mutant(
              "restored replica forgets holds whose pool is gone",
              "Restore.java",
              "else tenant.strays().add(key.getLong(Integer.BYTES));",
              ""),
          new Mutant(
              "deleted tenant's names stay",
              "TenantEnds.java",
              "while (left > 0 && tenant.newestSubject != 0) name(tenant);",
              "tenant.newestSubject = 0;"),
          new Mutant(
              "deleted tenant ends without bound",
              "TenantEnds.java",
              "left = state.settings.sweepMax();",
              "left = 1000;"),
          new Mutant(
              "deleted tenant's use is not told of",
              "TenantEnds.java",
              "Meters.forget(state, tenant, pool, record);",
              ""),
          new Mutant(
              "deleted tenant's seats cool down",
              "Leases.java",
              "case LeaseLayout.STATE_LIVE, LeaseLayout.STATE_SEAT ->\n          leave(plan, 0,",
              "case LeaseLayout.STATE_LIVE, LeaseLayout.STATE_SEAT ->\n          leave(plan, state.clocks.elapsedUs() + 5_000_000,"),
          new Mutant(
              "another source's attribute changed",
              "Attributes.java",
              "if (old != null && !old.getSource().equals(put.getSource())) return new Merge(null, old);\n      after.put(",
              "after.put("),
          new Mutant(
              "another source's attribute removed",
              "Attributes.java",
              "if (old != null && !old.getSource().equals(put.getSource())) return new Merge(null, old);\n      after.remove(",
              "after.remove("),
          new Mutant(
              "attributes of others go with one's own",
              "Attributes.java",
              "old -> old.getSource().equals(put.getSource()) && !said",
              "old -> !said"),
          new Mutant(
              "expected position of an entity ignored",
              "EntityChanges.java",
              "return expected != 0 && expected != stands;",
              "return false;"),
          new Mutant(
              "put that changes nothing moves the entity",
              "EntityChanges.java",
              "if (after.equals(before)) return;",
              ""),
          new Mutant(
              "bound on entities one too high",
              "EntityChanges.java",
              "state.entities >= state.settings.bound(TableId.ENTITIES)",
              "state.entities > state.settings.bound(TableId.ENTITIES)"),
          new Mutant(
              "removed entity keeps what it holds",
              "EntityChanges.java",
              "boolean holds = reference != 0 && tenant.leases > 0;",
              "boolean holds = there && reference != 0 && tenant.leases > 1;"),
          new Mutant(
              "removal ends what was opened after it",
              "Removals.java",
              "if (removal == null || id > removal.position()) return;",
              "if (removal == null) return;"),
          new Mutant(
              "removal ends what others hold",
              "Removals.java",
              "if (removal == null || id > removal.position()) return;",
              "if (removal == null) removal = tenant.removals().get(tenant.walkUpTo);\n    if (removal == null || id > removal.position()) return;"),
          new Mutant(
              "walk over leases without bound",
              "Removals.java",
              "ends = state.settings.sweepMax();",
              "ends = 1000;"),
          new Mutant(
              "deleted tenant's entities stay",
              "TenantEnds.java",
              "while (left > 0 && entity(tenant)) left--;",
              ""),
          new Mutant(
              "restored replica forgets removals",
              "Removals.java",
              "    tenant.removals().put(removal.position(), removal);\n    state.removing().put(tenant.number, tenant);",
              "    tenant.removals().put(removal.position(), removal);\n    if (removal.position() == tenant.position) state.removing().put(tenant.number, tenant);"));
}
