package dev.tallygate.server.cli;

import com.google.protobuf.Message;
import dev.tallygate.proto.v1.Entity;
import dev.tallygate.proto.v1.EntityAttribute;
import dev.tallygate.proto.v1.Lease;
import dev.tallygate.proto.v1.ListEntitiesResponse;
import dev.tallygate.proto.v1.ListLeasesResponse;
import dev.tallygate.proto.v1.ListPoolsResponse;
import dev.tallygate.proto.v1.ListTenantsResponse;
import dev.tallygate.proto.v1.Pool;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.Tenant;
import dev.tallygate.proto.v1.Value;
import io.grpc.Channel;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * Shows a list that is read in pages, up to a number of rows, once or again and again.
 *
 * <p>For programs: each row is a line of JSON; nothing else is printed.
 */
final class Lists {
  private static final int PAGE_MAX = 1_000;

  /** How much is shown, and how often. */
  static final class Options {
    @Option(
        names = "--limit",
        paramLabel = "ROWS",
        defaultValue = "1000",
        description = "Show so many rows at most. Default: ${DEFAULT-VALUE}.")
    private int limit;

    @Mixin private Watching watching;
  }

  /** One page of what is listed. */
  record Page(List<? extends Message> rows, String next) {
    static Page of(ListPoolsResponse response) {
      return new Page(response.getPoolsList(), response.getNextPageToken());
    }

    static Page of(ListEntitiesResponse response) {
      return new Page(response.getEntitiesList(), response.getNextPageToken());
    }

    static Page of(ListTenantsResponse response) {
      return new Page(response.getTenantsList(), response.getNextPageToken());
    }

    static Page of(ListLeasesResponse response) {
      return new Page(response.getLeasesList(), response.getNextPageToken());
    }
  }

  /** Asks for one page. */
  interface Ask {
    Message page(Channel channel, long leftMs, int size, String token);
  }

  private final CommandSpec spec;
  private final Target target;
  private final Options options;

  Lists(CommandSpec spec, Target target, Options options) {
    this.spec = spec;
    this.target = target;
    this.options = options;
    if (options.limit < 1)
      throw new ParameterException(
          spec.commandLine(), "--limit `" + options.limit + "` is below 1");
  }

  int show(
      String address,
      Ask ask,
      Function<Message, Page> pages,
      Function<List<? extends Message>, TextTable> table) {
    return options.watching.show(target.json(), () -> once(address, ask, pages, table));
  }

  private int once(
      String address,
      Ask ask,
      Function<Message, Page> pages,
      Function<List<? extends Message>, TextTable> table) {
    List<Message> rows = new ArrayList<>();
    String[] token = {""};
    do {
      int size = Math.min(PAGE_MAX, options.limit - rows.size());
      int exit =
          new Calls(spec, target)
              .unary(
                  address,
                  false,
                  answer -> {
                    Page page = pages.apply(answer);
                    rows.addAll(page.rows());
                    token[0] = page.next();
                    return "";
                  },
                  (channel, attempt, leftMs) -> ask.page(channel, leftMs, size, token[0]));
      if (exit != CliExit.OK.number()) return exit;
    } while (!token[0].isEmpty() && rows.size() < options.limit);
    print(rows, table, !token[0].isEmpty());
    return CliExit.OK.number();
  }

  private void print(
      List<Message> rows, Function<List<? extends Message>, TextTable> table, boolean more) {
    PrintWriter out = spec.commandLine().getOut();
    if (target.json()) {
      for (Message row : rows) out.println(Json.line(Json.of(row)));
    } else {
      out.print(table.apply(rows).text(TextTable.terminalWidth()));
    }
    out.flush();
    PrintWriter err = spec.commandLine().getErr();
    if (more) err.println("There may be more than " + options.limit + ": see --limit.");
    else if (rows.isEmpty() && !target.json()) err.println("There are none.");
    err.flush();
  }

  static TextTable pools(List<? extends Message> rows) {
    List<Pool> pools = rows.stream().map(Pool.class::cast).toList();
    // Of most clusters nothing ever retired, and a terminal is narrow.
    boolean carried = pools.stream().anyMatch(pool -> pool.getCarried() > 0);
    TextTable table =
        new TextTable()
            .column("ENTITLEMENT", TextTable.Column.TEXT)
            .column("PARTITION", TextTable.Column.TEXT)
            .column("MODEL", TextTable.Column.TEXT)
            .column("LIMIT", TextTable.Column.NUMBER)
            .column("FREE", TextTable.Column.NUMBER)
            .column("HELD", TextTable.Column.NUMBER)
            .column("HOLD", TextTable.Column.NUMBER)
            .column("LINGER", TextTable.Column.NUMBER)
            .column("USED", TextTable.Column.NUMBER);
    if (carried) table.column("CARRIED", TextTable.Column.NUMBER);
    table.column("DEFICIT", TextTable.Column.NUMBER).column("RESETS", TextTable.Column.TEXT);
    for (Pool pool : pools) table.row(cells(pool, carried).toArray(String[]::new));
    return table;
  }

  private static List<String> cells(Pool pool, boolean carried) {
    List<String> cells = new ArrayList<>();
    cells.add(pool.getEntitlement());
    cells.add(pool.getPartition().isEmpty() ? "-" : pool.getPartition());
    cells.add(pool.getRetired() ? pool.getModel() + ", retired" : pool.getModel());
    cells.add(unlessSite(pool, pool.getLimit()));
    cells.add(unlessSite(pool, pool.getFree()));
    cells.add(String.valueOf(pool.getHeld()));
    cells.add(String.valueOf(pool.getOnHold()));
    cells.add(String.valueOf(pool.getCooling()));
    cells.add(String.valueOf(pool.getUsed()));
    if (carried) cells.add(String.valueOf(pool.getCarried()));
    cells.add(String.valueOf(pool.getDeficit()));
    cells.add(pool.hasResetsAt() ? instant(pool.getResetsAt().getSeconds()) : "-");
    return cells;
  }

  private static String unlessSite(Pool pool, long units) {
    return pool.getModel().equals("site") ? "-" : String.valueOf(units);
  }

  static TextTable entities(List<? extends Message> rows) {
    TextTable table =
        new TextTable()
            .column("ENTITY", TextTable.Column.ID)
            .column("ATTRIBUTE", TextTable.Column.TEXT)
            .column("VALUE", TextTable.Column.TEXT)
            .column("SOURCE", TextTable.Column.TEXT);
    for (Message row : rows) {
      Entity entity = (Entity) row;
      String name =
          entity.getType().isEmpty() ? entity.getId() : entity.getType() + ":" + entity.getId();
      if (entity.getAttributesCount() == 0) table.row(name, "-", "-", "-");
      for (EntityAttribute attribute : entity.getAttributesList())
        table.row(name, attribute.getName(), value(attribute.getValue()), attribute.getSource());
    }
    return table;
  }

  private static String value(Value value) {
    return switch (value.getKindCase()) {
      case BOOL_VALUE -> String.valueOf(value.getBoolValue());
      case INT_VALUE -> String.valueOf(value.getIntValue());
      case STRING_VALUE -> value.getStringValue();
      case LIST_VALUE ->
          value.getListValue().getValuesList().stream().map(Lists::value).toList().toString();
      case KIND_NOT_SET -> "-";
    };
  }

  static TextTable tenants(List<? extends Message> rows) {
    TextTable table =
        new TextTable()
            .column("TENANT", TextTable.Column.ID)
            .column("NUMBER", TextTable.Column.NUMBER)
            .column("STATE", TextTable.Column.TEXT)
            .column("CATALOG", TextTable.Column.NUMBER)
            .column("LEASES", TextTable.Column.NUMBER);
    for (Message row : rows) {
      Tenant tenant = (Tenant) row;
      table.row(
          tenant.getName(),
          String.valueOf(tenant.getNumber()),
          tenant.getState().name().replace("TENANT_STATE_", "").toLowerCase(java.util.Locale.ROOT),
          String.valueOf(tenant.getCatalogVersion()),
          String.valueOf(tenant.getLeases()));
    }
    return table;
  }

  static TextTable leases(List<? extends Message> rows) {
    long now = Instant.now().getEpochSecond();
    TextTable table =
        new TextTable()
            .column("LEASE", TextTable.Column.ID)
            .column("HOLDER", TextTable.Column.TEXT)
            .column("ENTITLEMENT", TextTable.Column.TEXT)
            .column("PARTITION", TextTable.Column.TEXT)
            .column("SESSION", TextTable.Column.TEXT)
            .column("UNITS", TextTable.Column.NUMBER)
            .column("STATE", TextTable.Column.TEXT)
            .column("AGE", TextTable.Column.NUMBER)
            .column("LEFT", TextTable.Column.NUMBER)
            .column("REQUEST", TextTable.Column.TEXT);
    for (Message row : rows) {
      Lease lease = (Lease) row;
      table.row(
          lease.getLeaseId(),
          holder(lease.getHolder()),
          lease.getEntitlement(),
          lease.getPartition().isEmpty() ? "-" : lease.getPartition(),
          lease.getSession().isEmpty() ? "-" : lease.getSession(),
          String.valueOf(lease.getUnits()),
          state(lease),
          span(now - lease.getSince().getSeconds()),
          lease.hasUntil() ? span(lease.getUntil().getSeconds() - now) : "-",
          lease.getRequestId());
    }
    return table;
  }

  private static String state(Lease lease) {
    String state = lease.getState().name().replace("LEASE_STATE_", "").toLowerCase(Locale.ROOT);
    return lease.getRetired() ? state + ", retired" : state;
  }

  private static String holder(Subject subject) {
    return subject.getType().isEmpty()
        ? subject.getId()
        : subject.getType() + ":" + subject.getId();
  }

  private static String instant(long seconds) {
    return Instant.ofEpochSecond(seconds).toString();
  }

  /** In its two largest units; the machine's clock may be off by a little. */
  static String span(long seconds) {
    long s = Math.max(0, seconds);
    if (s < 60) return s + "s";
    if (s < 3_600) return s / 60 + "m" + s % 60 + "s";
    if (s < 86_400) return s / 3_600 + "h" + s % 3_600 / 60 + "m";
    return s / 86_400 + "d" + s % 86_400 / 3_600 + "h";
  }
}
