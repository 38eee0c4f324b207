package dev.tallygate.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.proto.v1.AffectedPool;
import dev.tallygate.proto.v1.CatalogChange;
import dev.tallygate.proto.v1.CatalogChangeKind;
import dev.tallygate.proto.v1.FieldChange;
import dev.tallygate.proto.v1.PlanCatalogResponse;
import dev.tallygate.proto.v1.UnitsHolder;
import org.junit.jupiter.api.Test;

class PlanTableTest {
  private static FieldChange field(String key, String before, String after) {
    FieldChange.Builder field = FieldChange.newBuilder().setKey(key);
    if (!before.isEmpty()) field.setBefore(before);
    if (!after.isEmpty()) field.setAfter(after);
    return field.build();
  }

  private static PlanCatalogResponse.Builder plan() {
    return PlanCatalogResponse.newBuilder().setSet("team-a").setVersion(7);
  }

  @Test
  void plan_withoutChanges_saysSo() {
    assertThat(PlanTable.of(plan().build()))
        .isEqualTo("set team-a, version 7: nothing would change\n");
  }

  @Test
  void plan_changes_asATable() {
    CatalogChange added =
        CatalogChange.newBuilder()
            .setKind(CatalogChangeKind.CATALOG_CHANGE_KIND_ADDED)
            .setEntitlement("new")
            .addFields(field("limit", "", "3"))
            .build();
    CatalogChange cut =
        CatalogChange.newBuilder()
            .setKind(CatalogChangeKind.CATALOG_CHANGE_KIND_CHANGED)
            .setEntitlement("cad")
            .addFields(field("limit", "9", "3"))
            .addFields(field("partition-by", "", "subject.id"))
            .addPools(
                AffectedPool.newBuilder()
                    .setLimitBefore(9)
                    .setLimitAfter(3)
                    .setTaken(7)
                    .setOver(4)
                    .addHolders(UnitsHolder.newBuilder().setHolder("user:ann").setUnits(2))
                    .addHolders(UnitsHolder.newBuilder().setHolder("user:bob").setUnits(1))
                    .setMoreHolders(4))
            .build();
    CatalogChange gone =
        CatalogChange.newBuilder()
            .setKind(CatalogChangeKind.CATALOG_CHANGE_KIND_REMOVED)
            .setEntitlement("old")
            .setEndsPools(true)
            .addFields(field("limit", "5", ""))
            .addPools(
                AffectedPool.newBuilder()
                    .setPartition("p1")
                    .setLimitBefore(5)
                    .setTaken(1)
                    .setRetires(true))
            .setMorePools(2)
            .setPoolsUnseen(true)
            .build();
    assertThat(PlanTable.of(plan().addChanges(cut).addChanges(added).addChanges(gone).build()))
        .isEqualTo(
            """
            set team-a, version 7: 1 added, 1 changed, 1 removed

            ~ cad
                limit                      9                            -> 3
                partition-by               -                            -> subject.id
              ! the pool: 7 taken of 9, 4 over the new limit 3: no grants until they are back
                  held by user:ann (2), user:bob (1) and 4 more

            + new
                limit                      3

            - old
                limit                      5
              ! pool `p1`: 1 taken of 5; it retires, grants nothing and drains on its old terms
                and 2 more pools
                it has more pools, which were not looked at

            apply it with --expect-version 7
            """);
  }

  @Test
  void plan_longValues_fitTheTerminal() {
    CatalogChange change =
        CatalogChange.newBuilder()
            .setKind(CatalogChangeKind.CATALOG_CHANGE_KIND_CHANGED)
            .setEntitlement("cad")
            .addFields(
                field("limit-overrides." + "x".repeat(200), "y".repeat(200), "z".repeat(200)))
            .build();
    assertThat(PlanTable.of(plan().addChanges(change).build()).lines())
        .allMatch(line -> line.length() <= PlanTable.WIDTH)
        .anyMatch(
            line -> line.startsWith("    limit-overrides.xxxxxxx... yyy") && line.endsWith("..."))
        .last()
        .isEqualTo("apply it with --expect-version 7");
  }
}
