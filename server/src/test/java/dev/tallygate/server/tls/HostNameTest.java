package dev.tallygate.server.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostNameTest {
  private static final int DNS = 2;
  private static final int IP = 7;

  // Short and decimal forms are addresses to the JDK, and what it does not know it asks a resolver.
  @ParameterizedTest
  @ValueSource(
      strings = {"10.0.0.2", "10.2", "167772162", "::1", "fd00::7", "host:7422", "1.2.3.4.5"})
  void dnsNameThatLooksLikeAnAddress_isNoAddressAndAsksNobody(String name) {
    assertThat(HostName.named(List.of(List.of(DNS, name))))
        .containsExactly(new HostName(name, false))
        .doesNotContain(HostName.of("10.0.0.2"), HostName.of("::1"), HostName.of("fd00::7"));
  }

  @Test
  void addresses_haveOneSpelling() {
    assertThat(HostName.named(List.of(List.of(IP, "10.0.0.2"), List.of(IP, "fd00:0:0:0:0:0:0:7"))))
        .containsExactlyInAnyOrder(HostName.of("10.0.0.2"), HostName.of("FD00::7"));
    assertThat(HostName.of("10.0.0.2").isAddress()).isTrue();
    assertThat(HostName.of("fd00::7").isAddress()).isTrue();
  }

  @Test
  void shortForms_areNoAddresses() {
    for (String text : List.of("10.2", "167772162", "host:7422", "1.2.3.4.5", "256.1.1.1"))
      assertThat(HostName.of(text).isAddress()).as(text).isFalse();
  }

  @Test
  void names_areComparedInLowerCase() {
    assertThat(HostName.named(List.of(List.of(DNS, "Node-1.Example"))))
        .containsExactly(HostName.of("node-1.example"));
  }

  @Test
  void otherKinds_countForNothing() {
    assertThat(HostName.named(List.of(List.of(1, "a@b.example"), List.of(6, "https://b.example"))))
        .isEmpty();
  }
}
