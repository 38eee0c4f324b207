package dev.tallygate.raft.state;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A tenant as readers on any thread see it. A new one is made when its catalog changes; the
 * position moves with every entry.
 */
public final class TenantView {
  private final int number;
  private final String name;
  private final long catalogVersion;
  private final Map<String, Entitlement> entitlements;
  private final PoolList pools;
  private final LabelBlocks blocks;
  private volatile long position;

  TenantView(
      int number,
      String name,
      long catalogVersion,
      Map<String, Entitlement> entitlements,
      PoolList pools,
      LabelBlocks blocks,
      long position) {
    this.number = number;
    this.name = name;
    this.catalogVersion = catalogVersion;
    this.entitlements = entitlements;
    this.pools = pools;
    this.blocks = blocks;
    this.position = position;
  }

  public int number() {
    return number;
  }

  public String name() {
    return name;
  }

  public long catalogVersion() {
    return catalogVersion;
  }

  /** A lower bound of what the tables hold: read it before them. */
  public long position() {
    return position;
  }

  void position(long now) {
    position = now;
  }

  public @Nullable Entitlement entitlement(String of) {
    return entitlements.get(of);
  }

  /** Those that exist, with their leases; moves with every entry. */
  public PoolList pools() {
    return pools;
  }

  /** Labels under which nothing is taken; moves with every entry. */
  public LabelBlocks blocks() {
    return blocks;
  }

  /** By name, ascending; unmodifiable. */
  public Map<String, Entitlement> entitlements() {
    return entitlements;
  }
}
