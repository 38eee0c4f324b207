package dev.tallygate.raft.state;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import dev.tallygate.proto.log.v1.CatalogUndo;
import dev.tallygate.proto.log.v1.CatalogVersion;
import java.util.List;

/**
 * Keeps the last versions of each tenant's catalog. A version is kept as what takes it back to the
 * one before, so that a thousand entitlements of which one changes cost one row; content is found
 * by going back from what stands. The oldest go when there are too many, or when they take too many
 * rows. Apply thread only.
 */
final class CatalogVersions {
  private final State state;
  private final Bytes key = new Bytes(CatalogLayout.KEY_BYTES);
  private final Bytes row = new Bytes(512);

  CatalogVersions(State state) {
    this.state = state;
  }

  /** Keeps the version that the tenant has now. */
  void keep(Tenant tenant, CatalogVersion version, List<CatalogUndo> undo) {
    put(tenant, 0, version);
    for (int i = 0; i < undo.size(); i++) put(tenant, i + 1, undo.get(i));
    tenant.catalogRows += 1 + undo.size();
    if (tenant.oldestVersion == 0) tenant.oldestVersion = tenant.catalogVersion;
    while (tenant.oldestVersion < tenant.catalogVersion && tooMany(tenant)) dropOldest(tenant);
  }

  /** Drops the oldest version, of a tenant that ends; false where none is left. */
  boolean forgetOldest(Tenant tenant) {
    if (tenant.catalogRows == 0) return false;
    dropOldest(tenant);
    return true;
  }

  private boolean tooMany(Tenant tenant) {
    return tenant.catalogVersion - tenant.oldestVersion >= state.settings.catalogVersionsMax()
        || tenant.catalogRows > state.settings.catalogRowsMax();
  }

  private void dropOldest(Tenant tenant) {
    CatalogLayout.key(key, tenant.number, tenant.oldestVersion, 0);
    if (!state.catalogVersionRows.get(key, row))
      throw new CorruptStateException("version " + tenant.oldestVersion + " of a catalog is gone");
    int parts = 1 + changes(version(row));
    for (int part = 0; part < parts; part++) {
      CatalogLayout.key(key, tenant.number, tenant.oldestVersion, part);
      if (!state.catalogVersionRows.get(key, row))
        throw new CorruptStateException("a part of a catalog's version is gone");
      state.catalogVersionRows.remove(key, row.getLong(Rows.CHECKSUM));
    }
    tenant.catalogRows -= parts;
    tenant.oldestVersion++;
  }

  private void put(Tenant tenant, int part, MessageLite message) {
    byte[] bytes = message.toByteArray();
    CatalogLayout.key(key, tenant.number, tenant.catalogVersion, part);
    row.length(Rows.CONTENT).add(bytes, 0, bytes.length);
    state.catalogVersionRows.insert(key, row);
  }

  /** Rows beside the version's own. */
  static int changes(CatalogVersion version) {
    return version.getAdded() + version.getChanged() + version.getRemoved();
  }

  static CatalogVersion version(Bytes row) {
    try {
      return CatalogVersion.parseFrom(row.copy(Rows.CONTENT, row.length() - Rows.CONTENT));
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptStateException("a version of a catalog cannot be read: " + e.getMessage());
    }
  }

  static CatalogUndo undo(Bytes row) {
    try {
      return CatalogUndo.parseFrom(row.copy(Rows.CONTENT, row.length() - Rows.CONTENT));
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptStateException("a part of a catalog cannot be read: " + e.getMessage());
    }
  }
}
