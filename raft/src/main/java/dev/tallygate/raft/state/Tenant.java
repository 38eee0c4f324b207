package dev.tallygate.raft.state;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** One tenant on the heap: its counters, its catalog, its pools. Apply thread only. */
final class Tenant {
  final int number;
  final String name;
  TenantStatus status = TenantStatus.ACTIVE;
  long position;
  long catalogVersion;

  /** Oldest version of the catalog that is kept; 0 before the first. */
  long oldestVersion;

  /** Rows that the versions of the catalog take. */
  long catalogRows;

  /** The reference of the holder that was named last; 0 before the first. */
  long newestSubject;

  /** The last removal that the walk under way is for; 0 where none is. */
  long walkUpTo;

  /** Pool and lease that it came to. */
  long walkPool;

  long walkLease;

  /** Rows of leases and holds, settled ones included. Not in the row: counted. */
  long leases;

  long poolsMade;
  int entitlementsMade;
  final byte[] head = new byte[LedgerLayout.HASH_BYTES];

  /** Checksum of the row as it stands in the table; 0 where there is none yet. */
  long rowChecksum;

  boolean dirty;

  /** Nothing of it is left: its row goes at the end of the entry. */
  boolean gone;

  /** Records of this entry that wait for their seal. */
  final Bytes records = new Bytes(1024);

  private final TreeMap<Integer, Entitlement> entitlements = new TreeMap<>();
  private final Map<Integer, Long> entitlementChecksums = new HashMap<>();
  private final TreeMap<Integer, Retired> retired = new TreeMap<>();
  private final Map<String, List<Retired>> retiredByName = new HashMap<>();
  private final Map<Integer, Integer> poolsOf = new HashMap<>();
  private final Map<Bytes, Pool> poolsByName = new HashMap<>();
  private final TreeMap<Long, Pool> poolsByNumber = new TreeMap<>();
  private final PoolList listed = new PoolList();
  private final LabelBlocks blocks = new LabelBlocks();

  /** Open holds whose pool is gone. */
  private final TreeSet<Long> strays = new TreeSet<>();

  private final EntityList entities = new EntityList();

  /** Removals of entities whose leases may not all have ended, by position. */
  private final TreeMap<Long, Removals.Removal> removals = new TreeMap<>();

  /** How often {@link #retired()} changed since the start of this process. */
  long retirements;

  Tenant(int number, String name) {
    this.number = number;
    this.name = name;
  }

  /** Whether nobody may ask for it any more. */
  boolean ending() {
    return status == TenantStatus.ENDING;
  }

  @Nullable Entitlement entitlement(int of) {
    return entitlements.get(of);
  }

  /** By number, ascending. */
  Iterable<Entitlement> entitlements() {
    return entitlements.values();
  }

  /** The entitlement with the lowest number; null where there is none. */
  @Nullable Entitlement firstEntitlement() {
    Map.Entry<Integer, Entitlement> first = entitlements.firstEntry();
    return first == null ? null : first.getValue();
  }

  void put(Entitlement entitlement, long checksum) {
    entitlements.put(entitlement.number(), entitlement);
    entitlementChecksums.put(entitlement.number(), checksum);
  }

  void remove(Entitlement entitlement) {
    entitlements.remove(entitlement.number());
    entitlementChecksums.remove(entitlement.number());
  }

  /** The entitlement is in the catalog no more, and pools of it drain. */
  void retire(Entitlement entitlement, long checksum) {
    entitlements.remove(entitlement.number());
    entitlementChecksums.put(entitlement.number(), checksum);
    Retired of = new Retired(entitlement);
    retired.put(entitlement.number(), of);
    retiredByName.computeIfAbsent(entitlement.name(), name -> new ArrayList<>()).add(of);
    retirements++;
  }

  /** Either nothing of it is outstanding, or the catalog has it again. */
  void forget(Retired of) {
    Entitlement entitlement = of.entitlement();
    retired.remove(entitlement.number());
    List<Retired> same = retired(entitlement.name());
    same.remove(of);
    if (same.isEmpty()) retiredByName.remove(entitlement.name());
    if (!entitlements.containsKey(entitlement.number()))
      entitlementChecksums.remove(entitlement.number());
    retirements++;
  }

  boolean hasRetired() {
    return !retired.isEmpty();
  }

  @Nullable Retired retired(int of) {
    return retired.get(of);
  }

  /** By number, ascending. */
  Iterable<Retired> retired() {
    return retired.values();
  }

  /** Of that name, in the order in which they retired or were restored: only a sum may be made. */
  List<Retired> retired(String of) {
    return retiredByName.getOrDefault(of, List.of());
  }

  /** Checksum of the entitlement's row; 0 where there is none. */
  long checksum(int entitlement) {
    return entitlementChecksums.getOrDefault(entitlement, 0L);
  }

  /** By the key that {@link PoolLayout} draws. */
  @Nullable Pool pool(Bytes key) {
    return poolsByName.get(key);
  }

  @Nullable Pool pool(long of) {
    return poolsByNumber.get(of);
  }

  /** By number, ascending. */
  Iterable<Pool> pools() {
    return poolsByNumber.values();
  }

  /** The pool with the lowest number; null where there is none. */
  @Nullable Pool firstPool() {
    Map.Entry<Long, Pool> first = poolsByNumber.firstEntry();
    return first == null ? null : first.getValue();
  }

  /** The next pool by number, from this one on; null where there is none. */
  @Nullable Pool poolFrom(long from) {
    Map.Entry<Long, Pool> found = poolsByNumber.ceilingEntry(from);
    return found == null ? null : found.getValue();
  }

  /** Names of entities, for readers on any thread. */
  EntityList entities() {
    return entities;
  }

  TreeMap<Long, Removals.Removal> removals() {
    return removals;
  }

  /** Ids of open holds whose pool is gone, ascending. */
  TreeSet<Long> strays() {
    return strays;
  }

  /** For readers on any thread. */
  PoolList listed() {
    return listed;
  }

  /** For readers on any thread too. */
  LabelBlocks blocks() {
    return blocks;
  }

  int poolsOf(Entitlement entitlement) {
    return poolsOf.getOrDefault(entitlement.number(), 0);
  }

  void put(Pool pool) {
    poolsByName.put(nameOf(pool), pool);
    poolsByNumber.put(pool.number(), pool);
    poolsOf.merge(pool.entitlement().number(), 1, Integer::sum);
    listed.add(pool);
  }

  void remove(Pool pool) {
    poolsByName.remove(nameOf(pool));
    poolsByNumber.remove(pool.number());
    poolsOf.merge(pool.entitlement().number(), -1, Integer::sum);
    listed.remove(pool);
  }

  void writeTo(Bytes row) {
    byte[] utf8 = name.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    row.length(Rows.CONTENT);
    row.addLong(position)
        .addLong(catalogVersion)
        .addLong(poolsMade)
        .addInt(entitlementsMade)
        .addInt(status.number())
        .addLong(oldestVersion)
        .addLong(catalogRows)
        .addLong(newestSubject)
        .addLong(walkUpTo)
        .addLong(walkPool)
        .addLong(walkLease);
    row.add(head, 0, head.length).add(utf8, 0, utf8.length);
  }

  static Tenant read(Bytes key, Bytes row) {
    Tenant tenant =
        new Tenant(key.getInt(0), row.utf8(TenantLayout.NAME, row.length() - TenantLayout.NAME));
    tenant.position = row.getLong(TenantLayout.POSITION);
    tenant.status = TenantStatus.of(row.getInt(TenantLayout.STATUS));
    tenant.catalogVersion = row.getLong(TenantLayout.CATALOG_VERSION);
    tenant.poolsMade = row.getLong(TenantLayout.POOLS_MADE);
    tenant.entitlementsMade = row.getInt(TenantLayout.ENTITLEMENTS_MADE);
    tenant.oldestVersion = row.getLong(TenantLayout.OLDEST_VERSION);
    tenant.catalogRows = row.getLong(TenantLayout.CATALOG_ROWS);
    tenant.newestSubject = row.getLong(TenantLayout.NEWEST_SUBJECT);
    tenant.walkUpTo = row.getLong(TenantLayout.WALK_UP_TO);
    tenant.walkPool = row.getLong(TenantLayout.WALK_POOL);
    tenant.walkLease = row.getLong(TenantLayout.WALK_LEASE);
    System.arraycopy(row.array(), TenantLayout.HEAD, tenant.head, 0, tenant.head.length);
    tenant.rowChecksum = row.getLong(Rows.CHECKSUM);
    return tenant;
  }

  private static Bytes nameOf(Pool pool) {
    Bytes key = new Bytes(PoolLayout.KEY_PARTITION + pool.partition().length);
    pool.key(key);
    return key;
  }
}
