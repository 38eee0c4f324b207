package dev.tallygate.raft.state;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What readers walk through, compared with the rows that there are. */
final class ListRecount {
  private ListRecount() {}

  static void check(Core core, Tables tables) {
    Map<List<Long>, TreeMap<Long, Boolean>> expected = new TreeMap<>(ListRecount::compare);
    tables
        .table(TableId.POOLS)
        .forEach(
            (key, row) ->
                expected.put(
                    List.of((long) key.getInt(0), row.getLong(PoolLayout.NUMBER)),
                    new TreeMap<>()));
    tables
        .table(TableId.LEASES)
        .forEach(
            (key, row) -> {
              TreeMap<Long, Boolean> of =
                  expected.get(List.of((long) key.getInt(0), row.getLong(LeaseLayout.POOL)));
              boolean settled = row.getByte(LeaseLayout.STATE) == LeaseLayout.STATE_SETTLED;
              if (of != null && !settled) of.put(key.getLong(Integer.BYTES), true);
            });
    Map<List<Long>, TreeMap<Long, Boolean>> found = new TreeMap<>(ListRecount::compare);
    for (TenantView tenant : core.view().tenants().values()) walk(tenant, tables, found);
    for (TenantView tenant : core.view().endingTenants()) walk(tenant, tables, found);
    if (!expected.equals(found))
      throw new AssertionError("listed are " + found + ", there are " + expected);
  }

  private static int compare(List<Long> one, List<Long> other) {
    int order = Long.compare(one.get(0), other.get(0));
    return order != 0 ? order : Long.compare(one.get(1), other.get(1));
  }

  private static void walk(
      TenantView tenant, Tables tables, Map<List<Long>, TreeMap<Long, Boolean>> found) {
    Bytes key = new Bytes(64);
    Bytes row = new Bytes(256);
    Span partition = new Span();
    List<Entitlement> all = new ArrayList<>(tenant.entitlements().values());
    for (String name : tenant.retired())
      for (Retired retired : tenant.retired(name)) all.add(retired.entitlement());
    for (Entitlement entitlement : all) {
      byte[] after = null;
      for (PoolList.Listed pool = tenant.pools().next(entitlement.number(), after);
          pool != null;
          pool = tenant.pools().next(entitlement.number(), after)) {
        after = pool.partition();
        partition.set(after);
        PoolLayout.key(key, tenant.number(), entitlement.number(), partition);
        if (!tables.table(TableId.POOLS).get(key, row))
          throw new AssertionError("a pool is listed that is not there");
        TreeMap<Long, Boolean> ids = new TreeMap<>();
        for (long id : ids(pool.leases(), 3)) ids.put(id, true);
        found.put(List.of((long) tenant.number(), row.getLong(PoolLayout.NUMBER)), ids);
      }
    }
  }

  /** All ids, asked for in small pages. */
  static List<Long> ids(IdList list, int page) {
    List<Long> all = new ArrayList<>();
    long[] some = new long[page];
    for (long after = 0; ; ) {
      int count = list.next(after, some);
      for (int i = 0; i < count; i++) all.add(after = some[i]);
      if (count < page) return all;
    }
  }
}
