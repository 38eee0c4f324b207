package dev.tallygate.server.config;

import dev.tallygate.server.tls.Authorities;
import dev.tallygate.server.tls.CertificateChain;
import dev.tallygate.server.tls.HostName;
import dev.tallygate.server.tls.PeerTrust;
import dev.tallygate.server.tls.TlsFileException;
import java.nio.file.Path;
import java.security.cert.CertificateParsingException;
import java.util.List;
import java.util.Set;
import javax.net.ssl.KeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The keys {@code listeners.*.tls}. Reads the files that they name and notes each fault against the
 * key that names the file. One section each.
 */
final class TlsKeys {
  private static final String CERTIFICATE = "certificate";
  private static final String KEY = "key";
  private static final String CLIENT_CA = "client-ca";
  private static final String CLIENT_AUTH = "client-auth";
  private static final String PEER_CA = "ca";

  private final Section section;
  private final FaultList faults;

  TlsKeys(Section section, FaultList faults) {
    this.section = section;
    this.faults = faults;
  }

  /** Of a listener for callers and operators; null where anything was refused. */
  @Nullable ListenerTls forCallers() {
    CertificateChain chain = chain();
    KeyManager keys = keys(chain);
    String auth = section.text(CLIENT_AUTH);
    Authorities clients = section.has(CLIENT_CA) ? authorities(CLIENT_CA) : null;
    section.refuseUnknown();
    if (auth == null) return null;
    switch (auth) {
      case "require" -> {
        if (!section.has(CLIENT_CA)) {
          fault(CLIENT_CA, "is missing: name the file of the CA whose certificates callers show");
        }
        return keys == null || clients == null ? null : new ListenerTls(keys, clients.trust());
      }
      case "none" -> {
        if (!section.has(CLIENT_CA)) return keys == null ? null : new ListenerTls(keys, null);
        fault(
            CLIENT_AUTH,
            "`none` does not ask for the certificates that `client-ca` is for: write `require`, or"
                + " remove `client-ca`");
      }
      default -> fault(CLIENT_AUTH, "`" + auth + "` is neither `require` nor `none`");
    }
    return null;
  }

  /**
   * Of the peer listener; null where anything was refused.
   *
   * @param self null where the file does not say which peer this node is
   */
  @Nullable ListenerTls forPeers(List<PeerConfig> peers, @Nullable PeerConfig self) {
    CertificateChain chain = chain();
    KeyManager keys = keys(chain);
    Authorities ca = section.has(PEER_CA) ? authorities(PEER_CA) : null;
    if (!section.has(PEER_CA)) {
      fault(PEER_CA, "is missing: name the file of the CA that signed the nodes' certificates");
    }
    section.refuseUnknown();
    if (chain == null || keys == null || ca == null) return null;
    if (!ca.vouchFor(chain)) {
      fault(
          CERTIFICATE,
          "the CA of `listeners.peer.tls.ca` does not vouch for it as a server and as a client, so"
              + " the other nodes would refuse this one: name that CA's file, or a certificate of"
              + " it for both uses");
      return null;
    }
    if (self != null) requireOwnName(chain, self);
    return new ListenerTls(
        keys, new PeerTrust(ca, peers.stream().map(peer -> peer.peer().host()).toList()));
  }

  private void requireOwnName(CertificateChain chain, PeerConfig self) {
    try {
      Set<HostName> named = HostName.named(chain.leaf());
      if (named.contains(HostName.of(self.peer().host()))) return;
      fault(
          CERTIFICATE,
          "names "
              + named
              + " and not `"
              + self.peer().host()
              + "`, where the other nodes reach this one: ask for a certificate with that subject"
              + " alternative name");
    } catch (CertificateParsingException e) {
      fault(CERTIFICATE, "is damaged: " + e.getMessage());
    }
  }

  private @Nullable CertificateChain chain() {
    Path file = file(CERTIFICATE);
    if (file == null) return null;
    try {
      return CertificateChain.read(file).forServers();
    } catch (TlsFileException e) {
      fault(CERTIFICATE, String.valueOf(e.getMessage()));
      return null;
    }
  }

  private @Nullable KeyManager keys(@Nullable CertificateChain chain) {
    Path file = file(KEY);
    if (file == null || chain == null) return null;
    try {
      return chain.withKey(file);
    } catch (TlsFileException e) {
      fault(KEY, String.valueOf(e.getMessage()));
      return null;
    }
  }

  private @Nullable Authorities authorities(String key) {
    Path file = file(key);
    if (file == null) return null;
    try {
      return Authorities.read(file);
    } catch (TlsFileException e) {
      fault(key, String.valueOf(e.getMessage()));
      return null;
    }
  }

  private @Nullable Path file(String key) {
    Path file = section.path(key);
    if (file == null || file.isAbsolute()) return file;
    fault(key, "`" + file + "` is not an absolute path");
    return null;
  }

  private void fault(String key, String what) {
    faults.add(section.lineOf(key), section.join(key), what);
  }
}
