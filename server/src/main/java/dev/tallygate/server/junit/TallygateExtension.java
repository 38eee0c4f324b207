package dev.tallygate.server.junit;

import dev.tallygate.client.Tallygate;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Gives a JUnit test a real node of its own, in the test's process and on loopback:
 *
 * <pre>{@code
 * @RegisterExtension
 * static final TallygateExtension NODE = TallygateExtension.withCatalog("""
 *     apiVersion: tallygate.dev/v1
 *     kind: Entitlement
 *     metadata: {name: editor}
 *     spec: {model: concurrent-session, limit: 3, lease: {ttl: 10m}}
 *     """);
 * }</pre>
 *
 * <p>In a static field there is one node for all tests of the class, which sees what each of them
 * left behind; nested classes, and classes that inherit the field, share it while they overlap. In
 * another field there is one for each test, which costs about three seconds. What it stored is
 * deleted when it ends. It is a cluster of one: it shows what is granted and refused, not what
 * happens when nodes fail. Tests that run at the same time may share it.
 */
public final class TallygateExtension
    implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {
  private final String catalog;
  private @Nullable EmbeddedNode node;
  private @Nullable Tallygate tallygate;
  private int users;
  private volatile boolean forAll;

  private TallygateExtension(String catalog) {
    this.catalog = catalog;
  }

  /**
   * A node with a catalog.
   *
   * @param yaml documents of kind Entitlement, as for `tallygate catalog apply`
   */
  public static TallygateExtension withCatalog(String yaml) {
    return new TallygateExtension(yaml);
  }

  /**
   * A node with the catalog of a file on the class path.
   *
   * @param name as for {@link Class#getResourceAsStream}
   * @throws IllegalArgumentException if there is no such file
   */
  public static TallygateExtension withCatalogResource(Class<?> beside, String name) {
    try (InputStream file = beside.getResourceAsStream(name)) {
      if (file == null) {
        throw new IllegalArgumentException(
            "there is no resource `" + name + "` beside `" + beside.getName() + "`");
      }
      return withCatalog(new String(file.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new IllegalArgumentException("resource `" + name + "` cannot be read: " + e, e);
    }
  }

  /** Where callers ask it: {@code host:port} of its data listener. */
  public String target() {
    return running().data();
  }

  /** Where administrators ask it: {@code host:port} of its admin listener. */
  public String adminTarget() {
    return running().admin();
  }

  /** A client of it, which is closed with it. */
  public synchronized Tallygate tallygate() {
    running();
    if (tallygate == null) throw new IllegalStateException("the node does not run");
    return tallygate;
  }

  /**
   * Replaces the catalog as a whole.
   *
   * @throws io.grpc.StatusRuntimeException if it is refused, with why
   */
  public void applyCatalog(String yaml) {
    running().apply(yaml);
  }

  private synchronized EmbeddedNode running() {
    if (node == null) {
      throw new IllegalStateException(
          "the node does not run: it runs during tests, in a field with `@RegisterExtension`");
    }
    node.check();
    return node;
  }

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    // JUnit calls this where the field is static, or one instance of the class runs all of its
    // tests;
    // and again for each nested class, and for each class that inherits the field.
    forAll = true;
    enter();
  }

  @Override
  public void beforeEach(ExtensionContext context) throws Exception {
    if (!forAll) enter();
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    if (!forAll) leave();
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    leave();
  }

  /** The first one starts the node. JUnit makes up for it by one leave, even where this throws. */
  synchronized void enter() throws Exception {
    users++;
    if (node == null) start();
  }

  /** The last one stops it. */
  synchronized void leave() throws Exception {
    users--;
    if (users == 0) stop();
  }

  private void start() throws Exception {
    EmbeddedNode started = EmbeddedNode.start();
    node = started;
    tallygate = Tallygate.connect(started.data());
    started.apply(catalog);
  }

  private void stop() throws Exception {
    EmbeddedNode ended = node;
    if (ended == null) return;
    try {
      if (tallygate != null) tallygate.close();
    } finally {
      node = null;
      tallygate = null;
      ended.close();
    }
    ended.check();
  }
}
