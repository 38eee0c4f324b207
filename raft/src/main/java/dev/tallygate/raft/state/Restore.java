package dev.tallygate.raft.state;

import com.google.protobuf.InvalidProtocolBufferException;

/**
 * Rebuilds from the tables what the core keeps on the heap: clocks, settings, tenants, catalog,
 * pools, timers, counts of rows, digest.
 */
final class Restore {
  private final State state;
  private long checksums;

  Restore(State state) {
    this.state = state;
  }

  /** False where the tables hold no state. */
  boolean run() {
    Bytes row = new Bytes(1024);
    if (!state.meta.table().get(MetaLayout.key(), row)) {
      for (TableId id : TableId.values()) {
        if (id != TableId.REQUESTS && state.tables.table(id).count() > 0) {
          throw new CorruptStateException("tables hold rows of " + id + " without META");
        }
      }
      return false;
    }
    checksums = Rows.verify(TableId.META, MetaLayout.key(), row);
    MetaLayout.read(state, row);
    each(TableId.TENANTS, (key, of) -> state.put(Tenant.read(key, of)));
    each(TableId.ENTITLEMENTS, this::entitlement);
    each(TableId.POOLS, this::pool);
    each(TableId.LEASES, this::lease);
    for (Tenant tenant : state.tenants()) for (Pool pool : tenant.pools()) pool.leases().sort();
    each(TableId.SESSIONS, (key, of) -> {});
    each(TableId.HOLDERS, (key, of) -> {});
    each(TableId.GROUPS, (key, of) -> {});
    each(TableId.SUBJECTS, (key, of) -> state.subjects++);
    each(TableId.NAMES, (key, of) -> {});
    each(TableId.CATALOG_VERSIONS, (key, of) -> {});
    each(TableId.LABELS, (key, of) -> state.labels.restored());
    each(TableId.LABEL_BLOCKS, this::block);
    each(TableId.ENTITIES, this::entity);
    state.digest.set(checksums + state.requests.checksums());
    return true;
  }

  static long metaChecksum(State state) {
    Bytes row = new Bytes(1024);
    return state.meta.table().get(MetaLayout.key(), row) ? row.getLong(Rows.CHECKSUM) : 0;
  }

  private void each(TableId id, Table.Visitor visitor) {
    state
        .tables
        .table(id)
        .forEach(
            (key, row) -> {
              checksums += Rows.verify(id, key, row);
              visitor.visit(key, row);
            });
  }

  private void entitlement(Bytes key, Bytes row) {
    try {
      byte[] canonical = row.copy(Rows.CONTENT, row.length() - Rows.CONTENT);
      Entitlement read =
          new Entitlement(dev.tallygate.proto.log.v1.Entitlement.parseFrom(canonical));
      long checksum = row.getLong(Rows.CHECKSUM);
      if (read.retired()) tenant(key).retire(read, checksum);
      else tenant(key).put(read, checksum);
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptStateException("an entitlement cannot be read: " + e.getMessage());
    }
  }

  private void pool(Bytes key, Bytes row) {
    Tenant tenant = tenant(key);
    int number = key.getInt(PoolLayout.KEY_ENTITLEMENT);
    Retired retired = tenant.retired(number);
    Entitlement entitlement = retired == null ? tenant.entitlement(number) : retired.entitlement();
    if (entitlement == null) throw new CorruptStateException("a pool without its entitlement");
    byte[] partition = key.copy(PoolLayout.KEY_PARTITION, key.length() - PoolLayout.KEY_PARTITION);
    Pool pool = Pool.read(tenant.number, entitlement, partition, row);
    pool.retired(retired);
    tenant.put(pool);
    state.pools++;
    if (pool.timerElapsedUs != 0)
      state.poolTimers.add(pool.timerElapsedUs, tenant.number, pool.number());
    if (pool.timerCivilUs != 0)
      state.calendarTimers.add(pool.timerCivilUs, tenant.number, pool.number());
  }

  private void lease(Bytes key, Bytes row) {
    state.leases++;
    tenant(key).leases++;
    list(key, row);
    long time = row.getLong(LeaseLayout.TIMER);
    if (time == Timers.NEVER) return;
    boolean settled = row.getByte(LeaseLayout.STATE) == LeaseLayout.STATE_SETTLED;
    (settled ? state.settledTimers : state.leaseTimers)
        .add(time, key.getInt(0), key.getLong(Integer.BYTES));
  }

  private void list(Bytes key, Bytes row) {
    if (row.getByte(LeaseLayout.STATE) == LeaseLayout.STATE_SETTLED) return;
    Tenant tenant = tenant(key);
    Pool pool = tenant.pool(row.getLong(LeaseLayout.POOL));
    if (pool != null) pool.leases().load(key.getLong(Integer.BYTES));
    else tenant.strays().add(key.getLong(Integer.BYTES));
  }

  private void entity(Bytes key, Bytes row) {
    state.entities++;
    Tenant tenant = tenant(key);
    if (key.getByte(EntityLayout.KEY_KIND) == EntityLayout.KIND_ENTITY) {
      int at = EntityLayout.KEY_NAME;
      tenant.entities().add(key.copy(at, key.length() - at));
      return;
    }
    Removals.add(
        state,
        tenant,
        new Removals.Removal(
            key.getLong(EntityLayout.KEY_NAME),
            row.getLong(EntityLayout.REFERENCE),
            row.utf8(EntityLayout.BODY, row.length() - EntityLayout.BODY)));
  }

  private void block(Bytes key, Bytes row) {
    Tenant tenant = tenant(key);
    LabelBlocks.Block block =
        new LabelBlocks.Block(
            key.utf8(LabelLayout.BLOCK_KEY_LABEL, key.length() - LabelLayout.BLOCK_KEY_LABEL),
            row.getLong(LabelLayout.UNTIL),
            row.getLong(LabelLayout.NUMBER),
            row.getLong(Rows.CHECKSUM));
    tenant.blocks().put(block);
    state.blockTimers.add(block.untilUs(), tenant.number, block.number());
  }

  private Tenant tenant(Bytes key) {
    Tenant tenant = state.tenant(key.getInt(0));
    if (tenant == null) throw new CorruptStateException("a row of a tenant that is not there");
    return tenant;
  }
}
