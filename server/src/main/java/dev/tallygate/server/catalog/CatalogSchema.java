package dev.tallygate.server.catalog;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * The JSON Schema (draft 2020-12) of one document of a catalog, for editors: keys, words and
 * numbers of {@link EntitlementReader}. What compares two keys, such as {@code ttl} and {@code
 * ttl-max}, and the bounds of durations are beyond it; {@code validate} says the rest.
 */
public final class CatalogSchema {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final String MODEL = "model";

  private CatalogSchema() {}

  /** Of one document: editors apply it to each of a file. */
  public static ObjectNode json() {
    ObjectNode schema = NODES.objectNode();
    schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    schema.put("$id", "https://tallygate.dev/schemas/v1/catalog.schema.json");
    schema.put("title", "Tallygate catalog, one document");
    ObjectNode document = closed(schema, "apiVersion", "kind", "metadata", "spec");
    document.putObject("apiVersion").put("const", EntitlementReader.API_VERSION);
    document.putObject("kind").put("const", EntitlementReader.KIND);
    ObjectNode metadata = closed(document.putObject("metadata"), "name");
    text(metadata.putObject("name"), EntitlementReader.NAME, "what callers ask for");
    spec(document.putObject("spec"));
    return schema;
  }

  private static void spec(ObjectNode spec) {
    ObjectNode keys = closed(spec, MODEL);
    words(keys.putObject(MODEL), EntitlementReader.MODELS)
        .put(
            "description",
            "how it is counted: seats given back, a quota used up, seats of people, or no limit");
    number(keys.putObject("limit"), 0, EntitlementReader.LIMIT_MAX, "units of each pool");
    text(
        keys.putObject("partition-by"),
        EntitlementReader.partitionPattern(),
        "a pool for each value of this attribute; absent: one pool");
    number(
        keys.putObject("partitions-max"),
        1,
        EntitlementReader.PARTITIONS_MAX,
        "default " + EntitlementReader.PARTITIONS_DEFAULT);
    overrides(keys.putObject("limit-overrides"));
    number(
        keys.putObject("max-per-holder"),
        1,
        EntitlementReader.LIMIT_MAX,
        "units of a pool that one holder may have; default: as many as there are");
    words(keys.putObject("enforcement"), EntitlementReader.ENFORCEMENTS)
        .put("description", "observe: what would be refused is granted, and says so");
    text(
        keys.putObject("fallback"),
        EntitlementReader.NAME,
        "the entitlement that is tried where this one is exhausted; absent: none");
    overage(keys.putObject("overage"));
    reservations(keys.putObject("reservations"));
    thresholds(keys.putObject("thresholds"));
    features(keys.putObject("features"));
    lease(keys.putObject("lease"));
    window(keys.putObject("window"));
    hold(keys.putObject("hold"));
    seats(keys.putObject("seats"));
    scope(keys.putObject("scope"));
    ArrayNode needs = NODES.arrayNode().add("partition-by");
    ObjectNode dependent = spec.putObject("dependentRequired");
    dependent.set("partitions-max", needs);
    dependent.set("limit-overrides", needs.deepCopy());
    ArrayNode each = spec.putArray("allOf");
    List<String> limit = List.of("limit");
    onlyFor(
        each.addObject(), EntitlementReader.CONCURRENT, limit, "window", "hold", "seats", "scope");
    ObjectNode metered = each.addObject();
    onlyFor(
        metered,
        EntitlementReader.METERED,
        List.of("limit", "window"),
        "max-per-holder",
        "reservations",
        "lease",
        "seats",
        "scope");
    ArrayNode one = thenWindow(metered).putArray("oneOf");
    one.addObject().putArray("required").add("calendar");
    one.addObject().putArray("required").add("rolling");
    onlyFor(
        each.addObject(),
        EntitlementReader.NAMED,
        limit,
        "max-per-holder",
        "lease",
        "window",
        "hold",
        "scope");
    ObjectNode site = each.addObject();
    onlyFor(
        site,
        EntitlementReader.SITE,
        List.of(),
        "limit",
        "limit-overrides",
        "max-per-holder",
        "overage",
        "reservations",
        "thresholds",
        "lease",
        "hold",
        "seats");
    ObjectNode ofSite = thenWindow(site).putObject("properties");
    ofSite.put("rolling", false).put("slices", false);
  }

  private static void overrides(ObjectNode overrides) {
    overrides.put("type", "object").put("description", "other limits, by partition");
    overrides.put("maxProperties", EntitlementReader.OVERRIDES_MAX);
    overrides
        .putObject("propertyNames")
        .put("minLength", 1)
        .put("maxLength", EntitlementReader.PARTITION_BYTES_MAX);
    number(overrides.putObject("additionalProperties"), 0, EntitlementReader.LIMIT_MAX, "");
  }

  private static void reservations(ObjectNode reservations) {
    reservations
        .put("type", "object")
        .put("description", "units kept for those whose attribute has a value");
    reservations.putObject("propertyNames").put("pattern", EntitlementReader.partitionPattern());
    ObjectNode values = reservations.putObject("additionalProperties");
    values.put("type", "object").put("maxProperties", EntitlementReader.RESERVATIONS_MAX);
    number(values.putObject("additionalProperties"), 1, EntitlementReader.LIMIT_MAX, "");
  }

  private static void overage(ObjectNode overage) {
    overage.put("description", "what may be taken beyond the limit, marked as such; absent: none");
    ObjectNode keys = closed(overage);
    number(keys.putObject("units"), 1, EntitlementReader.LIMIT_MAX, "");
    number(
        keys.putObject("percent"),
        1,
        EntitlementReader.OVERAGE_PERCENT_MAX,
        "of the limit, rounded down");
    keys.putObject("unlimited").putArray("enum").add(true).add("true");
    duration(keys.putObject("for"), "from the first unit beyond the limit; 1s to 366d");
    ArrayNode one = overage.putArray("oneOf");
    for (String kind : List.of("units", "percent", "unlimited"))
      one.addObject().putArray("required").add(kind);
  }

  private static void thresholds(ObjectNode thresholds) {
    ObjectNode percents = list(thresholds, EntitlementReader.THRESHOLDS_MAX);
    thresholds.put("description", "per cents of the limit at which use is told of; default none");
    number(percents, 1, EntitlementReader.PERCENT_MAX, "");
  }

  private static void features(ObjectNode features) {
    ObjectNode names = list(features, EntitlementReader.FEATURES_MAX);
    features.put("description", "what it unlocks");
    names.put("type", "string").put("pattern", EntitlementReader.NAME);
  }

  /** A list that names nothing twice; returns where its items are described. */
  private static ObjectNode list(ObjectNode at, int most) {
    at.put("type", "array").put("minItems", 1).put("maxItems", most).put("uniqueItems", true);
    return at.putObject("items");
  }

  private static void lease(ObjectNode lease) {
    ObjectNode keys = closed(lease);
    duration(keys.putObject("ttl"), "how long without a renewal; 1s to 365d; default 15m");
    duration(keys.putObject("ttl-max"), "the most that a caller may ask for; default: as ttl");
    duration(keys.putObject("grace"), "kept after the ttl; ttl-max / 500 to 1d");
    duration(keys.putObject("linger"), "kept after a release; 0s to 30d; default 0s");
    words(keys.putObject("sharing"), EntitlementReader.SHARINGS)
        .put("description", "what shares a seat; default session");
  }

  private static void window(ObjectNode window) {
    ObjectNode keys = closed(window);
    words(keys.putObject("calendar"), EntitlementReader.CALENDARS);
    keys.putObject("time-zone").put("type", "string").put("description", "IANA name; default UTC");
    duration(keys.putObject("rolling"), "1s to 366d");
    number(keys.putObject("slices"), 1, EntitlementReader.SLICES_MAX, "default 60");
    ObjectNode forbidden = window.putObject("dependentSchemas");
    forbidden.putObject("rolling").putObject("properties").put("time-zone", false);
    forbidden.putObject("calendar").putObject("properties").put("slices", false);
  }

  private static void hold(ObjectNode hold) {
    ObjectNode keys = closed(hold);
    duration(keys.putObject("ttl"), "1s to the length of the window; default 1m");
    words(keys.putObject("on-expiry"), EntitlementReader.EXPIRIES)
        .put("description", "what becomes of a hold that nobody settles; default charge");
  }

  private static void seats(ObjectNode seats) {
    ObjectNode keys = closed(seats);
    words(keys.putObject("assignment"), EntitlementReader.ASSIGNMENTS)
        .put("description", "who gives a seat to a person; default on-use");
    duration(keys.putObject("cool-down"), "from assignment to another subject; 0s to 3660d");
    duration(keys.putObject("idle-after"), "taken back unused; 1s to 3660d; default: never");
  }

  private static void scope(ObjectNode scope) {
    scope.put("type", "object").put("description", "attributes and the values that are inside");
    scope.put("maxProperties", EntitlementReader.SCOPE_MAX);
    scope.putObject("propertyNames").put("pattern", EntitlementReader.partitionPattern());
    ObjectNode values = scope.putObject("additionalProperties");
    values.put("type", "array").put("minItems", 1);
    ArrayNode types = values.putObject("items").putArray("type");
    types.add("string").add("number").add("boolean");
  }

  /** What a model says of its window, beside what all windows are. */
  private static ObjectNode thenWindow(ObjectNode rule) {
    return ((ObjectNode) rule.get("then").get("properties")).putObject("window");
  }

  /** Keys that a model needs, and those that it does not have. */
  private static void onlyFor(ObjectNode rule, String model, List<String> needs, String... not) {
    ObjectNode when = rule.putObject("if");
    when.putObject("properties").putObject(MODEL).put("const", model);
    when.putArray("required").add(MODEL);
    ObjectNode then = rule.putObject("then");
    ObjectNode properties = then.putObject("properties");
    for (String key : not) properties.put(key, false);
    if (!needs.isEmpty()) needs.forEach(then.putArray("required")::add);
  }

  /** An object of these keys alone; returns where they are described. */
  private static ObjectNode closed(ObjectNode object, String... required) {
    object.put("type", "object").put("additionalProperties", false);
    if (required.length > 0) {
      ArrayNode keys = object.putArray("required");
      for (String key : required) keys.add(key);
    }
    return object.putObject("properties");
  }

  private static void duration(ObjectNode at, String description) {
    text(at, "^" + Durations.PATTERN + "$", description);
  }

  private static void text(ObjectNode at, String pattern, String description) {
    at.put("type", "string").put("pattern", pattern).put("description", description);
  }

  private static void number(ObjectNode at, long min, long max, String description) {
    at.put("type", "integer").put("minimum", min).put("maximum", max);
    if (!description.isEmpty()) at.put("description", description);
  }

  private static ObjectNode words(ObjectNode at, List<String> words) {
    ArrayNode allowed = at.putArray("enum");
    words.forEach(allowed::add);
    return at;
  }
}
