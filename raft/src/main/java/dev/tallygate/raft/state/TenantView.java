package dev.tallygate.raft.state;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A tenant as readers on any thread see it. A new one is made when its catalog or status changes,
 * or what drains beside the catalog; position and leases move with every entry.
 */
public final class TenantView {
  private final int number;
  private final String name;
  private final long catalogVersion;
  private final Map<String, Entitlement> entitlements;
  private final PoolList pools;
  private final LabelBlocks blocks;
  private final TenantStatus status;
  private final EntityList entities;
  private final Map<String, List<Retired>> retired = new TreeMap<>();
  private final long retirements;
  private volatile long position;
  private volatile long leases;

  private TenantView(
      int number,
      String name,
      long catalogVersion,
      Map<String, Entitlement> entitlements,
      PoolList pools,
      LabelBlocks blocks,
      EntityList entities,
      TenantStatus status,
      Iterable<Retired> retired,
      long retirements) {
    this.number = number;
    this.name = name;
    this.catalogVersion = catalogVersion;
    this.entitlements = entitlements;
    this.pools = pools;
    this.blocks = blocks;
    this.entities = entities;
    this.status = status;
    for (Retired each : retired)
      this.retired
          .computeIfAbsent(each.entitlement().name(), unused -> new ArrayList<>())
          .add(each);
    this.retirements = retirements;
  }

  static TenantView of(Tenant tenant) {
    Map<String, Entitlement> catalog = new TreeMap<>();
    for (Entitlement entitlement : tenant.entitlements())
      catalog.put(entitlement.name(), entitlement);
    TenantView view =
        new TenantView(
            tenant.number,
            tenant.name,
            tenant.catalogVersion,
            Collections.unmodifiableMap(catalog),
            tenant.listed(),
            tenant.blocks(),
            tenant.entities(),
            tenant.status,
            tenant.retired(),
            tenant.retirements);
    view.moved(tenant);
    return view;
  }

  /** Whether all that stays the same in this view is the tenant's still. */
  boolean shows(Tenant tenant) {
    return number == tenant.number
        && catalogVersion == tenant.catalogVersion
        && status == tenant.status
        && retirements == tenant.retirements;
  }

  void moved(Tenant tenant) {
    leases = tenant.leases;
    position = tenant.position;
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

  public TenantStatus status() {
    return status;
  }

  /** Leases, open holds, and holds whose outcome is still known. */
  public long leases() {
    return leases;
  }

  public @Nullable Entitlement entitlement(String of) {
    return entitlements.get(of);
  }

  /** Names of its entities; moves with every entry. */
  public EntityList entities() {
    return entities;
  }

  /** Whether nothing is sold, used or held in it: then it need not be suspended to be deleted. */
  public boolean isEmpty() {
    return leases == 0 && entitlements.isEmpty() && pools.isEmpty() && entities.first() == null;
  }

  /** Those that exist, with their leases; moves with every entry. */
  public PoolList pools() {
    return pools;
  }

  /** Labels under which nothing is taken; moves with every entry. */
  public LabelBlocks blocks() {
    return blocks;
  }

  /** What drains under a name that the catalog has no more, or has for something else. */
  public List<Retired> retired(String of) {
    return retired.getOrDefault(of, List.of());
  }

  /** Names of what drains, ascending. */
  public Set<String> retired() {
    return retired.keySet();
  }

  /** Moves whenever something retires or is drained. */
  long retirements() {
    return retirements;
  }

  /** By name, ascending; unmodifiable. */
  public Map<String, Entitlement> entitlements() {
    return entitlements;
  }
}
