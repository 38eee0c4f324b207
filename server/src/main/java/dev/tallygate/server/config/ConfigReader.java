package dev.tallygate.server.config;

import dev.tallygate.raft.RaftNodeConfig;
import dev.tallygate.server.config.Faults.InvalidRecordException;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a YAML file into a {@link NodeConfig}, or names every fault at once with file, line and
 * key. One instance reads one text.
 */
public final class ConfigReader {
  private static final long FILE_BYTES_MAX = 1 << 20;

  private final FaultList faults;
  private final Section root;
  private final boolean newMember;

  private ConfigReader(FaultList faults, Section root, boolean newMember) {
    this.faults = faults;
    this.root = root;
    this.newMember = newMember;
  }

  /**
   * @param newMember whether an empty storage directory may become a new member's
   * @throws ConfigException if the file cannot be read or says anything that is not allowed
   */
  public static NodeConfig read(Path file, boolean newMember) throws ConfigException {
    try {
      if (Files.size(file) > FILE_BYTES_MAX) {
        throw new ConfigException(List.of(file + ": is larger than 1 MiB"));
      }
      return parse(file.toString(), Files.readString(file, StandardCharsets.UTF_8), newMember);
    } catch (IOException e) {
      throw new ConfigException(List.of(file + ": cannot be read: " + e));
    }
  }

  /**
   * @param file how the text is called in messages
   * @param newMember as for {@link #read}
   * @throws ConfigException if the text says anything that is not allowed
   */
  public static NodeConfig parse(String file, String text, boolean newMember)
      throws ConfigException {
    FaultList faults = new FaultList(file);
    Section root;
    try {
      root = new Section("", Yaml.parse(text), faults);
    } catch (Yaml.SyntaxException e) {
      faults.add(e.line, "file", String.valueOf(e.getMessage()));
      throw faults.exception();
    }
    NodeConfig config = new ConfigReader(faults, root, newMember).all();
    if (config == null || !faults.isEmpty()) throw faults.exception();
    return config;
  }

  private @Nullable NodeConfig all() {
    Section node = root.section("node");
    String nodeId = node.text("id");
    UUID clusterId = clusterId(root.section("cluster"));
    StorageConfig storage = storage(root.section("storage"));
    List<PeerConfig> peers = new ArrayList<>();
    for (Section section : root.sections("peers")) {
      PeerConfig peer = peer(section);
      if (peer != null) peers.add(peer);
    }
    ListenersConfig listeners = listeners(root.section("listeners"), peers, nodeId);
    LimitsConfig limits = limits(root.section("limits"));
    BoundsConfig bounds = bounds(root.section("bounds"));
    ClockConfig clock = clock(root.section("clock"));
    HealthConfig health = health(root.section("health"));
    MetricsConfig metrics = metrics(root.section("metrics"));
    TracesConfig traces = traces(root.section("traces"));
    RaftNodeConfig raft = raft(nodeId, clusterId, storage, peers, listeners);
    node.refuseUnknown();
    root.refuseUnknown();
    if (nodeId == null
        || clusterId == null
        || storage == null
        || listeners == null
        || limits == null
        || bounds == null
        || clock == null
        || health == null
        || metrics == null
        || traces == null) return null;
    // Made for its checks even where consensus was refused: all faults are named at once.
    if (raft == null) {
      if (faults.isEmpty()) faults.add(1, "raft", "cannot be configured");
      return null;
    }
    return make(
        root,
        "",
        () ->
            new NodeConfig(
                nodeId, clusterId, storage, peers, listeners, limits, bounds, clock, health,
                metrics, traces, raft));
  }

  private @Nullable UUID clusterId(Section section) {
    String text = section.text("id");
    section.refuseUnknown();
    if (text == null) return null;
    try {
      UUID id = UUID.fromString(text);
      if (id.toString().equals(text.toLowerCase(Locale.ROOT))) return id;
    } catch (IllegalArgumentException e) {
      // Named below.
    }
    faults.add(section.lineOf("id"), section.join("id"), "`" + text + "` is not a UUID");
    return null;
  }

  private @Nullable StorageConfig storage(Section section) {
    Path dir = section.path("dir");
    Path tables = section.has("tables-dir") ? section.path("tables-dir") : null;
    section.refuseUnknown();
    if (dir == null) return null;
    Path otherwise = dir.resolve("tables");
    return make(
        section, "storage.", () -> new StorageConfig(dir, tables == null ? otherwise : tables));
  }

  private @Nullable PeerConfig peer(Section section) {
    String id = section.text("id");
    HostPort peer = section.address("peer");
    HostPort data = section.address("data");
    HostPort admin = section.address("admin");
    section.refuseUnknown();
    if (id == null || peer == null || data == null || admin == null) return null;
    return make(section, "peers.", () -> new PeerConfig(id, peer, data, admin));
  }

  private @Nullable ListenersConfig listeners(
      Section section, List<PeerConfig> peers, @Nullable String nodeId) {
    ListenerConfig data = listener(section.section("data"), "data", TlsKeys::forCallers);
    ListenerConfig admin =
        listener(section.section("admin"), ListenerConfig.ADMIN, TlsKeys::forCallers);
    PeerConfig self =
        peers.stream().filter(peer -> peer.id().equals(nodeId)).findFirst().orElse(null);
    ListenerConfig peer =
        listener(section.section("peer"), "peer", keys -> keys.forPeers(peers, self));
    Section pages = section.section("http");
    pages.refuse("tls", "metrics and health have no TLS and stay on loopback: remove the key");
    ListenerConfig http = listener(pages, "http", keys -> null);
    section.refuseUnknown();
    if (data == null || admin == null || peer == null || http == null) return null;
    return make(section, "listeners.", () -> new ListenersConfig(data, admin, peer, http));
  }

  private @Nullable ListenerConfig listener(
      Section section, String name, Function<TlsKeys, @Nullable ListenerTls> read) {
    HostPort address = section.address("address");
    boolean insecure = section.flag("insecure", false);
    boolean hasTls = section.has("tls");
    ListenerTls tls = hasTls ? read.apply(new TlsKeys(section.section("tls"), faults)) : null;
    section.refuseUnknown();
    if (address == null || (hasTls && tls == null)) return null;
    return make(
        section, "listeners." + name + ".", () -> new ListenerConfig(name, address, insecure, tls));
  }

  private @Nullable LimitsConfig limits(Section section) {
    LimitsConfig base = LimitsConfig.DEFAULT;
    int message = section.integer("message-bytes-max", base.messageBytesMax());
    int admin = section.integer("admin-message-bytes-max", base.adminMessageBytesMax());
    int metadata = section.integer("metadata-bytes-max", base.metadataBytesMax());
    int calls = section.integer("calls-per-connection-max", base.callsPerConnectionMax());
    int inFlight = section.integer("calls-in-flight-max", base.callsInFlightMax());
    long bytes = section.number("bytes-in-flight-max", base.bytesInFlightMax());
    int keepAlive = section.integer("keep-alive-floor-ms", base.keepAliveFloorMs());
    long idle = section.number("connection-idle-ms", base.connectionIdleMs());
    long age = section.number("connection-age-ms", base.connectionAgeMs());
    int grace = section.integer("connection-age-grace-ms", base.connectionAgeGraceMs());
    int timeout = section.integer("call-timeout-ms", base.callTimeoutMs());
    int holders = section.integer("refused-holders", base.refusedHolders());
    int loops = section.integer("event-loops", base.eventLoops());
    section.refuseUnknown();
    return make(
        section,
        "limits.",
        () ->
            new LimitsConfig(
                message, admin, metadata, calls, inFlight, bytes, keepAlive, idle, age, grace,
                timeout, holders, loops));
  }

  private @Nullable BoundsConfig bounds(Section section) {
    BoundsConfig base = BoundsConfig.DEFAULT;
    long pools = section.number("pools-max", base.poolsMax());
    long leases = section.number("leases-max", base.leasesMax());
    long requests = section.number("requests-max", base.requestsMax());
    long subjects = section.number("subjects-max", base.subjectsMax());
    int tenants = section.integer("tenants-max", base.tenantsMax());
    int entitlements = section.integer("entitlements-max", base.entitlementsMax());
    int tick = section.integer("tick-ms", base.tickMs());
    int lead = section.integer("civil-lead-ms", base.civilLeadMs());
    int sweep = section.integer("sweep-max", base.sweepMax());
    long segment = section.number("ledger-segment-bytes", base.ledgerSegmentBytes());
    long digest = section.number("digest-every", base.digestEvery());
    int versions = section.integer("catalog-versions-max", base.catalogVersionsMax());
    section.refuseUnknown();
    return make(
        section,
        "bounds.",
        () ->
            new BoundsConfig(
                pools,
                leases,
                requests,
                subjects,
                tenants,
                entitlements,
                tick,
                lead,
                sweep,
                segment,
                digest,
                versions));
  }

  private @Nullable ClockConfig clock(Section section) {
    ClockConfig base = ClockConfig.DEFAULT;
    int every = section.integer("ask-every-ms", base.askEveryMs());
    int roundTrip = section.integer("round-trip-ms-max", base.roundTripMsMax());
    int offset = section.integer("offset-ms-max", base.offsetMsMax());
    section.refuseUnknown();
    return make(section, "clock.", () -> new ClockConfig(every, roundTrip, offset));
  }

  private @Nullable HealthConfig health(Section section) {
    HealthConfig base = HealthConfig.DEFAULT;
    int staleness = section.integer("staleness-ms-max", base.stalenessMsMax());
    int every = section.integer("ask-every-ms", base.askEveryMs());
    int drain = section.integer("drain-ms", base.drainMs());
    int stop = section.integer("stop-ms-max", base.stopMsMax());
    section.refuseUnknown();
    return make(section, "health.", () -> new HealthConfig(staleness, every, drain, stop));
  }

  private @Nullable MetricsConfig metrics(Section section) {
    int pools = section.integer("pools-max", MetricsConfig.DEFAULT.poolsMax());
    section.refuseUnknown();
    return make(section, "metrics.", () -> new MetricsConfig(pools));
  }

  private @Nullable TracesConfig traces(Section section) {
    URI endpoint = section.has("otlp-endpoint") ? section.uri("otlp-endpoint") : null;
    double ratio = section.ratio("sample-ratio", TracesConfig.OFF.sampleRatio());
    section.refuseUnknown();
    if (endpoint == null && section.has("otlp-endpoint")) return null;
    return make(section, "traces.", () -> new TracesConfig(endpoint, ratio));
  }

  private @Nullable RaftNodeConfig raft(
      @Nullable String nodeId,
      @Nullable UUID clusterId,
      @Nullable StorageConfig storage,
      List<PeerConfig> peers,
      @Nullable ListenersConfig listeners) {
    RaftKeys keys = new RaftKeys(root.section("raft"), faults, newMember);
    keys.read();
    keys.check();
    if (nodeId == null
        || clusterId == null
        || storage == null
        || peers.isEmpty()
        || listeners == null) {
      return null;
    }
    try {
      return keys.build(nodeId, clusterId, storage.dir(), peers, listeners.peer());
    } catch (IllegalArgumentException e) {
      String what = Objects.requireNonNullElse(e.getMessage(), "is not allowed");
      String key = what.startsWith("node.id") ? "node" : "peers";
      faults.add(root.lineOf(key), key, what);
      return null;
    }
  }

  /** Makes a record and gives what it refuses the lines of the keys. */
  private <T> @Nullable T make(Section section, String prefix, Supplier<T> record) {
    try {
      return record.get();
    } catch (InvalidRecordException e) {
      e.byKey()
          .forEach(
              (key, what) -> {
                String local = key.startsWith(prefix) ? key.substring(prefix.length()) : key;
                int end = local.indexOf('.');
                faults.add(
                    section.lineOf(end < 0 ? local : local.substring(0, end)),
                    section.join(local),
                    what);
              });
      return null;
    }
  }
}
