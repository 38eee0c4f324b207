package dev.tallygate.server.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the schema against the reader: what one takes, the other takes. */
class CatalogSchemaTest {
  private static final long SEED = Long.getLong("catalog.seed", 1);
  private static final YAMLMapper YAML = new YAMLMapper();
  private static final JsonSchema SCHEMA =
      JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
          .getSchema(CatalogSchema.json());

  @Test
  void schema_randomEntitlements_takesWhatTheWriterWrites() throws Exception {
    System.out.println("seed " + SEED);
    for (int i = 0; i < 1_000; i++) {
      StringBuilder yaml = new StringBuilder();
      EntitlementWriter.write(CatalogTextTest.entitlement(new SplittableRandom(SEED + i)), yaml);
      assertThat(SCHEMA.validate(YAML.readTree(yaml.toString()))).as("%s", yaml).isEmpty();
    }
  }

  @Test
  void schema_exampleOfTheRepository_isTaken() throws Exception {
    Path example = Path.of(System.getProperty("tallygate.home"), "ops/config/catalog.yaml");
    try (var documents =
        YAML.readerFor(JsonNode.class).<JsonNode>readValues(Files.readString(example))) {
      while (documents.hasNext()) assertThat(SCHEMA.validate(documents.next())).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{model: concurrent-session}",
        "{limit: 1}",
        "{model: nodes, limit: 1}",
        "{model: concurrent-session, limit: -1}",
        "{model: concurrent-session, limit: 1.5}",
        "{model: concurrent-session, limit: 1000000000000001}",
        "{model: concurrent-session, limit: [1]}",
        "{model: concurrent-session, limit: 1, color: red}",
        "{model: concurrent-session, limit: 1, window: {rolling: 1h}}",
        "{model: concurrent-session, limit: 1, hold: {ttl: 1m}}",
        "{model: concurrent-session, limit: 1, lease: 5}",
        "{model: concurrent-session, limit: 1, lease: {color: red}}",
        "{model: concurrent-session, limit: 1, lease: {ttl: 15}}",
        "{model: concurrent-session, limit: 1, lease: {ttl: 15x}}",
        "{model: concurrent-session, limit: 1, lease: {sharing: everybody}}",
        "{model: concurrent-session, limit: 1, partitions-max: 5}",
        "{model: concurrent-session, limit: 1, limit-overrides: {a: 1}}",
        "{model: concurrent-session, limit: 1, thresholds: []}",
        "{model: concurrent-session, limit: 1, thresholds: 80}",
        "{model: concurrent-session, limit: 1, thresholds: [0]}",
        "{model: concurrent-session, limit: 1, thresholds: [101]}",
        "{model: concurrent-session, limit: 1, thresholds: [80, 80]}",
        "{model: concurrent-session, limit: 1, thresholds: [1, 2, 3, 4, 5, 6, 7, 8, 9]}",
        "{model: site, thresholds: [80]}",
        "{model: concurrent-session, limit: 1, features: []}",
        "{model: concurrent-session, limit: 1, features: [a b]}",
        "{model: concurrent-session, limit: 1, features: [a, a]}",
        "{model: concurrent-session, limit: 1, partition-by: subject.color}",
        "{model: concurrent-session, limit: 1, partition-by: context.}",
        "{model: concurrent-session, limit: 1, partition-by: subject.id, partitions-max: 0}",
        "{model: concurrent-session, limit: 1, partition-by: subject.id, limit-overrides: {a: x}}",
        "{model: concurrent-session, limit: 1, partition-by: subject.id, limit-overrides: {'': 1}}",
        "{model: concurrent-session, limit: 1, max-per-holder: 0}",
        "{model: metered, limit: 1}",
        "{model: metered, limit: 1, window: {rolling: 1h}, max-per-holder: 1}",
        "{model: named-user, limit: 1, max-per-holder: 1}",
        "{model: site, max-per-holder: 1}",
        "{model: concurrent-session, limit: 1, overage: {}}",
        "{model: concurrent-session, limit: 1, overage: {units: 1, percent: 1}}",
        "{model: concurrent-session, limit: 1, overage: {percent: 1001}}",
        "{model: concurrent-session, limit: 1, overage: {unlimited: false}}",
        "{model: concurrent-session, limit: 1, overage: {units: 1, color: red}}",
        "{model: site, overage: {units: 1}}",
        "{model: site, fallback: .a}",
        "{model: site, enforcement: maybe}",
        "{model: site, reservations: {}}",
        "{model: metered, limit: 1, window: {rolling: 1h}, reservations: {}}",
        "{model: concurrent-session, limit: 1, reservations: {subject.color: {red: 1}}}",
        "{model: concurrent-session, limit: 1, reservations: {subject.type: {red: 0}}}",
        "{model: metered, limit: 1, window: {rolling: 1h}, scope: {}}",
        "{model: named-user}",
        "{model: named-user, limit: 1, lease: {}}",
        "{model: named-user, limit: 1, seats: {assignment: never}}",
        "{model: named-user, limit: 1, seats: {color: red}}",
        "{model: site, limit: 1}",
        "{model: site, window: {rolling: 1h}}",
        "{model: site, seats: {}}",
        "{model: site, scope: {subject.color: [red]}}",
        "{model: site, scope: {subject.id: red}}",
        "{model: site, scope: {subject.id: []}}",
        "{model: metered, limit: 1, window: {}}",
        "{model: metered, limit: 1, window: {rolling: 1h}, lease: {}}",
        "{model: metered, limit: 1, window: {rolling: 1h, calendar: day}}",
        "{model: metered, limit: 1, window: {rolling: 1h, time-zone: UTC}}",
        "{model: metered, limit: 1, window: {rolling: 1h, slices: 65}}",
        "{model: metered, limit: 1, window: {calendar: day, slices: 5}}",
        "{model: metered, limit: 1, window: {calendar: decade}}",
        "{model: metered, limit: 1, window: {rolling: 1h, color: red}}",
        "{model: metered, limit: 1, window: {rolling: 1h}, hold: {on-expiry: keep}}",
        "{model: metered, limit: 1, window: {rolling: 1h}, hold: {color: red}}",
      })
  void schema_faultySpec_isRefusedByBoth(String spec) throws Exception {
    refusedByBoth(
        "apiVersion: tallygate.dev/v1\nkind: Entitlement\nmetadata: {name: a}\nspec: " + spec);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kind: Entitlement\nmetadata: {name: a}\n",
        "apiVersion: tallygate.dev/v1\nmetadata: {name: a}\n",
        "apiVersion: tallygate.dev/v1\nkind: Entitlement\n",
        "apiVersion: tallygate.dev/v2\nkind: Entitlement\nmetadata: {name: a}\n",
        "apiVersion: tallygate.dev/v1\nkind: Policy\nmetadata: {name: a}\n",
        "apiVersion: tallygate.dev/v1\nkind: Entitlement\nmetadata: {name: .a}\n",
        "apiVersion: tallygate.dev/v1\nkind: Entitlement\nmetadata: {name: a, color: red}\n",
        "apiVersion: tallygate.dev/v1\nkind: Entitlement\nmetadata: {name: a}\ncolor: red\n",
      })
  void schema_faultyDocument_isRefusedByBoth(String head) throws Exception {
    refusedByBoth(head + "spec: {model: concurrent-session, limit: 1}\n");
  }

  private static void refusedByBoth(String yaml) throws Exception {
    assertThat(CatalogText.read(yaml).problems()).as("reader: %s", yaml).isNotEmpty();
    assertThat(SCHEMA.validate(YAML.readTree(yaml))).as("schema: %s", yaml).isNotEmpty();
  }

  /** The reader names the keys that it knows when it meets one that it does not. */
  @Test
  void schema_keys_areThoseOfTheReader() {
    JsonNode document = CatalogSchema.json().get("properties");
    JsonNode spec = document.get("spec").get("properties");
    String head = "apiVersion: tallygate.dev/v1\nkind: Entitlement\nmetadata: {name: a}\n";
    assertThat(keys(CatalogSchema.json())).isEqualTo(known(head + "spec: {}\n?: 1\n", "?"));
    assertThat(keys(document.get("metadata")))
        .isEqualTo(known(head.replace("name: a", "'?': 1"), "metadata.?"));
    TreeSet<String> ofSpec = new TreeSet<>();
    for (String model : EntitlementReader.MODELS) {
      String limit = model.equals(EntitlementReader.SITE) ? "" : "  limit: 1\n";
      String at = head + "spec:\n  model: " + model + "\n" + limit;
      ofSpec.addAll(known(at + "  '?': 1\n", "spec.?"));
    }
    assertThat(keys(document.get("spec"))).isEqualTo(ofSpec);
    String session = head + "spec:\n  model: concurrent-session\n  limit: 1\n";
    String meter = head + "spec:\n  model: metered\n  limit: 1\n";
    assertThat(keys(spec.get("lease")))
        .isEqualTo(known(session + "  lease: {'?': 1}\n", "spec.lease.?"));
    TreeSet<String> window = known(meter + "  window: {calendar: day, '?': 1}\n", "spec.window.?");
    window.addAll(known(meter + "  window: {rolling: 1h, '?': 1}\n", "spec.window.?"));
    assertThat(keys(spec.get("window"))).isEqualTo(window);
    assertThat(keys(spec.get("overage")))
        .isEqualTo(known(session + "  overage: {units: 1, '?': 1}\n", "spec.overage.?"));
    String seats = session.replace("concurrent-session", "named-user");
    assertThat(keys(spec.get("seats")))
        .isEqualTo(known(seats + "  seats: {'?': 1}\n", "spec.seats.?"));
    assertThat(keys(spec.get("hold")))
        .isEqualTo(known(meter + "  window: {rolling: 1h}\n  hold: {'?': 1}\n", "spec.hold.?"));
  }

  private static TreeSet<String> keys(JsonNode object) {
    TreeSet<String> keys = new TreeSet<>();
    ((ObjectNode) object.get("properties")).fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  private static TreeSet<String> known(String yaml, String unknown) {
    String marker = "is unknown; allowed here: ";
    List<String> found = new ArrayList<>();
    for (Problem problem : CatalogText.read(yaml).problems())
      if (problem.key().equals(unknown) && problem.what().startsWith(marker))
        found.addAll(List.of(problem.what().substring(marker.length()).split(", ", -1)));
    assertThat(found).as("%s", yaml).isNotEmpty();
    return new TreeSet<>(found);
  }
}
