package dev.tallygate.raft.state;

import java.util.List;

/** Bugs that somebody could write where pools retire. */
final class RetirementMutants {
  static final List<Mutant> ALL =
      List.of(
          new Mutant(
              "a new pool forgets what its predecessors hold",
              "Answers.java",
              "if (tenant.hasRetired())\n      fresh",
              "if (state.leases < 0)\n      fresh"),
          new Mutant(
              "a pool that goes on forgets what retired since",
              "Carried.java",
              "if (now == pool.counts().carried) return;",
              "if (now >= pool.counts().carried) return;"),
          new Mutant(
              "use of a meter is not carried",
              "Carried.java",
              "carried += pool.counts().taken();",
              "carried += pool.counts().out();"),
          new Mutant(
              "other partitions carry nothing", "Carried.java", "carried += before.taken();", ""),
          new Mutant(
              "use of a site is carried", "Carried.java", "if (!before.counts()) continue;", ""),
          new Mutant(
              "what came back is carried on",
              "Pool.java",
              "if (retired != null) retired.add(after.taken() - counts.taken());",
              "if (retired != null) retired.add(Math.max(0, after.taken() - counts.taken()));"),
          new Mutant(
              "refused although leases of a predecessor are due that the sweep has not come to",
              "Allocations.java",
              "if (state.leasesOverdue && plan.counts.out() + plan.counts.carried > 0) {",
              "if (state.leasesOverdue && plan.counts.out() > 0) {"),
          new Mutant(
              "what was removed and comes back as it was begins anew",
              "CatalogChanges.java",
              "if (next.continues(retired.entitlement())) return retired.entitlement();",
              "if (standing == next) return retired.entitlement();"),
          new Mutant(
              "a retired pool keeps its limit",
              "Retirement.java",
              "LimitChanges.set(state, tenant, pool, 0, record",
              "LimitChanges.set(state, tenant, pool, pool.catalogLimit, record"),
          new Mutant(
              "a retired pool stays when it is drained",
              "Pools.java",
              "if (pool.counts().idle()) drop(state, tenant, pool, record);",
              ""),
          new Mutant(
              "a retired pool whose window is over stays",
              "Sweeper.java",
              "if (pool.retired() != null && pool.counts().idle()) {",
              "if (pool.retired() != null && state.leases < 0) {"),
          new Mutant(
              "a pool is dropped although units are used",
              "Retirement.java",
              "if (pool.counts().idle()) ending.add(pool);",
              "if (pool.counts().out() == 0) ending.add(pool);"),
          new Mutant(
              "a retired entitlement outlives its pools",
              "Pools.java",
              "if (of != null && tenant.poolsOf(of.entitlement()) == 0) forget",
              "if (of != null && tenant.poolsOf(of.entitlement()) < 0) forget"),
          new Mutant(
              "a restored replica counts what retired pools hold twice",
              "Restore.java",
              "pool.retired(retired);",
              "pool.retired(retired);\n    if (retired != null) retired.add(pool.counts().taken());"));

  private RetirementMutants() {}
}
