package dev.tallygate.server.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/** Reads one PEM file, at a start only. */
final class PemFile {
  private static final long BYTES_MAX = 1 << 20;
  private static final String KEY_BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String KEY_END = "-----END PRIVATE KEY-----";

  private final Path file;
  private final byte[] bytes;

  private PemFile(Path file, byte[] bytes) {
    this.file = file;
    this.bytes = bytes;
  }

  static PemFile read(Path file) throws TlsFileException {
    try {
      if (Files.size(file) > BYTES_MAX) {
        throw new TlsFileException(file, "is larger than 1 MiB: is it the right file?");
      }
      return new PemFile(file, Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      throw new TlsFileException(
          file, "does not exist: check the path; `tallygate init` makes certificates for a trial");
    } catch (AccessDeniedException e) {
      throw new TlsFileException(
          file, "may not be read by this process: give the file to the user that runs it");
    } catch (IOException e) {
      throw new TlsFileException(file, "cannot be read: " + e.getMessage());
    }
  }

  /** At least one, each valid now. */
  List<X509Certificate> certificates() throws TlsFileException {
    List<X509Certificate> found = new ArrayList<>();
    try {
      CertificateFactory.getInstance("X.509")
          .generateCertificates(new ByteArrayInputStream(bytes))
          .forEach(certificate -> found.add((X509Certificate) certificate));
    } catch (CertificateException e) {
      throw noCertificate();
    }
    if (found.isEmpty()) throw noCertificate();
    for (X509Certificate certificate : found) requireValid(certificate);
    return found;
  }

  private TlsFileException noCertificate() {
    return new TlsFileException(
        file, "is no certificate in PEM: it has to begin with `-----BEGIN CERTIFICATE-----`");
  }

  private void requireValid(X509Certificate certificate) throws TlsFileException {
    try {
      certificate.checkValidity();
    } catch (CertificateExpiredException e) {
      throw new TlsFileException(
          file,
          String.format(
              Locale.ROOT,
              "holds a certificate of %s that expired at %2$tF %2$tT %2$tZ: put a new one in its"
                  + " place",
              named(certificate),
              certificate.getNotAfter()));
    } catch (CertificateNotYetValidException e) {
      throw new TlsFileException(
          file,
          String.format(
              Locale.ROOT,
              "holds a certificate of %s that is not valid before %2$tF %2$tT %2$tZ: check the clock"
                  + " of this machine",
              named(certificate),
              certificate.getNotBefore()));
    }
  }

  private static String named(X509Certificate certificate) {
    return "`" + certificate.getSubjectX500Principal().getName() + "`";
  }

  /** Refuses a private key that everybody on this machine may read. */
  static void requirePrivate(Path file) throws TlsFileException, IOException {
    if (!Files.getFileStore(file).supportsFileAttributeView(PosixFileAttributeView.class)) return;
    if (Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)) {
      throw new TlsFileException(
          file, "may be read by every user of this machine: run `chmod o-rwx " + file + "`");
    }
  }

  /**
   * @param algorithm that of the certificate's public key
   */
  PrivateKey privateKey(String algorithm) throws TlsFileException {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int begin = text.indexOf(KEY_BEGIN);
    int end = text.indexOf(KEY_END);
    if (begin < 0 || end < begin) throw notOurForm(text);
    try {
      byte[] der =
          Base64.getMimeDecoder().decode(text.substring(begin + KEY_BEGIN.length(), end).strip());
      return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new TlsFileException(
          file,
          "holds no "
              + algorithm
              + " key, which the certificate is for: name the key that the certificate was made"
              + " with");
    }
  }

  private TlsFileException notOurForm(String text) {
    if (text.contains("PRIVATE KEY-----")) {
      return new TlsFileException(
          file,
          "holds a key that is encrypted or in an old form: write it anew with `openssl pkcs8 -topk8"
              + " -nocrypt -in "
              + file
              + " -out NEW-FILE`");
    }
    return new TlsFileException(
        file, "is no private key in PEM: it has to begin with `" + KEY_BEGIN + "`");
  }
}
