package dev.tallygate.server.cli;

import dev.tallygate.proto.v1.AffectedPool;
import dev.tallygate.proto.v1.CatalogChange;
import dev.tallygate.proto.v1.CatalogChangeKind;
import dev.tallygate.proto.v1.FieldChange;
import dev.tallygate.proto.v1.PlanCatalogResponse;
import dev.tallygate.proto.v1.UnitsHolder;
import dev.tallygate.server.Shown;
import java.util.List;
import java.util.Locale;

/** A plan as a table that fits a terminal of 100 columns. */
final class PlanTable {
  static final int WIDTH = 100;

  private static final int KEY = 26;
  private static final int BEFORE = 28;

  private final StringBuilder out = new StringBuilder();

  private PlanTable() {}

  static String of(PlanCatalogResponse plan) {
    PlanTable table = new PlanTable();
    table.head(plan);
    plan.getChangesList().forEach(table::change);
    if (plan.getChangesCount() > 0) table.foot(plan);
    return table.out.toString();
  }

  private void head(PlanCatalogResponse plan) {
    String of = "set " + plan.getSet() + ", version " + plan.getVersion() + ": ";
    if (plan.getChangesCount() == 0) {
      line(of + "nothing would change");
      return;
    }
    line(
        of
            + count(plan, CatalogChangeKind.CATALOG_CHANGE_KIND_ADDED)
            + " added, "
            + count(plan, CatalogChangeKind.CATALOG_CHANGE_KIND_CHANGED)
            + " changed, "
            + count(plan, CatalogChangeKind.CATALOG_CHANGE_KIND_REMOVED)
            + " removed");
  }

  private static long count(PlanCatalogResponse plan, CatalogChangeKind kind) {
    return plan.getChangesList().stream().filter(change -> change.getKind() == kind).count();
  }

  private void change(CatalogChange change) {
    boolean changed = change.getKind() == CatalogChangeKind.CATALOG_CHANGE_KIND_CHANGED;
    line("");
    line(sign(change.getKind()) + " " + change.getEntitlement());
    for (FieldChange field : change.getFieldsList()) {
      if (changed) field(field.getKey(), before(field), field.hasAfter() ? field.getAfter() : "-");
      else line("    " + padded(field.getKey(), KEY) + " " + alone(field));
    }
    if (changed && change.getEndsPools())
      line("    its pools end: model, partition-by or window change");
    if (change.getCarried() > 0)
      line("  ! " + change.getCarried() + " units of pools that retired before count against it");
    change.getPoolsList().forEach(this::pool);
    if (change.getMorePools() > 0) line("    and " + change.getMorePools() + " more pools");
    if (change.getPoolsUnseen()) line("    it has more pools, which were not looked at");
  }

  private static String sign(CatalogChangeKind kind) {
    return switch (kind) {
      case CATALOG_CHANGE_KIND_ADDED -> "+";
      case CATALOG_CHANGE_KIND_REMOVED -> "-";
      default -> "~";
    };
  }

  private static String before(FieldChange field) {
    return field.hasBefore() ? field.getBefore() : "-";
  }

  private static String alone(FieldChange field) {
    return field.hasAfter() ? field.getAfter() : field.getBefore();
  }

  private void field(String key, String before, String after) {
    line("    " + padded(key, KEY) + " " + padded(before, BEFORE) + " -> " + after);
  }

  private void pool(AffectedPool pool) {
    String name = pool.getPartition().isEmpty() ? "the pool" : "pool `" + pool.getPartition() + "`";
    line(
        "  ! "
            + name
            + ": "
            + pool.getTaken()
            + " taken of "
            + pool.getLimitBefore()
            + (pool.getRetires()
                ? "; it retires, grants nothing and drains on its old terms"
                : ", "
                    + pool.getOver()
                    + " over the new limit "
                    + pool.getLimitAfter()
                    + ": no grants until they are back"));
    List<String> holders = pool.getHoldersList().stream().map(holder -> holder(holder)).toList();
    if (holders.isEmpty()) return;
    long more = pool.getMoreHolders();
    line(
        "      held by " + String.join(", ", holders) + (more > 0 ? " and " + more + " more" : ""));
  }

  private static String holder(UnitsHolder holder) {
    return holder.getHolder() + " (" + holder.getUnits() + ")";
  }

  private void foot(PlanCatalogResponse plan) {
    line("");
    line(String.format(Locale.ROOT, "apply it with --expect-version %d", plan.getVersion()));
  }

  private static String padded(String text, int width) {
    return text.length() >= width ? cut(text, width) : text + " ".repeat(width - text.length());
  }

  private static String cut(String text, int width) {
    return text.length() <= width ? text : text.substring(0, width - 3) + "...";
  }

  private void line(String text) {
    out.append(cut(Shown.text(text), WIDTH)).append('\n');
  }
}
