package dev.tallygate.server.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.log.v1.Metered;
import dev.tallygate.proto.log.v1.NamedUser;
import dev.tallygate.proto.log.v1.Site;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Fallbacks that lead nowhere, in a circle or astray, within a set and across sets. */
class ReferencesTest {
  private static Entitlement to(String name, String fallback) {
    return Entitlement.newBuilder().setName(name).setFallback(fallback).build();
  }

  private static Map<String, String> problems(
      Map<String, Entitlement> standing, Entitlement... next) {
    return Sets.problems(standing, "here", List.of(next));
  }

  private static Map<String, Entitlement> standing(String set, Entitlement... entitlements) {
    Map<String, Entitlement> standing = new TreeMap<>();
    for (Entitlement each : entitlements)
      standing.put(each.getName(), each.toBuilder().setSet(set).build());
    return standing;
  }

  @Test
  void chain_inOneSetOrAcrossSets_isTaken() {
    assertThat(problems(Map.of(), to("a", "b"), to("b", "c"), to("c", ""))).isEmpty();
    assertThat(problems(standing("there", to("c", "")), to("a", "b"), to("b", "c"))).isEmpty();
  }

  @Test
  void fallback_inNoSet_isRefused() {
    assertThat(problems(Map.of(), to("a", "b")))
        .containsExactly(Map.entry("a", "its fallback `b` is in no set"));
  }

  @Test
  void fallback_ofAnotherSet_mustNotGo() {
    Map<String, Entitlement> standing = standing("there", to("a", "b"));
    standing.putAll(standing("here", to("b", "")));
    assertThat(problems(standing, to("b", ""))).isEmpty();
    assertThat(problems(standing, to("c", "")))
        .containsExactly(
            Map.entry(
                "b",
                "the entitlement `a` of the set `there` falls back to `b`, which would not stand any"
                    + " more"));
  }

  @Test
  void circle_inOneSetOrAcrossSets_isRefused() {
    assertThat(problems(Map.of(), to("a", "a"))).containsOnlyKeys("a");
    assertThat(problems(Map.of(), to("a", "b"), to("b", "a"), to("c", "a")))
        .containsExactly(
            Map.entry("a", "its fallbacks lead back to it: a, b, a"),
            Map.entry("b", "its fallbacks lead back to it: b, a, b"));
    assertThat(problems(standing("there", to("a", "b")), to("b", "a"))).containsOnlyKeys("b");
  }

  @Test
  void chain_longerThanAnAllocateTries_isRefused() {
    List<Entitlement> chain = new ArrayList<>();
    for (int i = 0; i < 5; i++) chain.add(to("e" + i, "e" + (i + 1)));
    chain.add(to("e5", ""));
    assertThat(Sets.problems(Map.of(), "here", chain)).isEmpty();
    chain.add(to("start", "e0"));
    assertThat(Sets.problems(Map.of(), "here", chain))
        .containsExactly(
            Map.entry("start", "it falls back to 6 others, one after another; allowed are 5"));
  }

  @Test
  void models_thatUseUpAndThatGiveBack_areNotMixed() {
    Entitlement meter = to("m", "").toBuilder().setMetered(Metered.getDefaultInstance()).build();
    Entitlement site = to("s", "m").toBuilder().setSite(Site.getDefaultInstance()).build();
    Entitlement named =
        to("n", "k").toBuilder().setNamedUser(NamedUser.getDefaultInstance()).build();
    assertThat(problems(Map.of(), site, meter, named, to("k", ""))).isEmpty();
    assertThat(problems(Map.of(), to("k", "m"), meter))
        .containsExactly(
            Map.entry(
                "k",
                "the entitlement `k` holds units until they are given back, its fallback `m` uses"
                    + " them up"));
    assertThat(problems(standing("there", site), to("m", ""))).containsOnlyKeys("m");
  }
}
