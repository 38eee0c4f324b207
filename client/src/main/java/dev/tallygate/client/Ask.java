package dev.tallygate.client;

import dev.tallygate.proto.v1.Action;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.Resource;
import dev.tallygate.proto.v1.Value;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * What is asked for: units of one entitlement, for whom, and under which circumstances. Immutable;
 * each method returns another one. Allocating one twice asks twice: each allocation is a request of
 * its own, except for {@link TallygateException#repeat}.
 *
 * <p>Ranges stand in {@code licensing.proto}; the cluster checks them and names the field.
 */
public final class Ask {
  private final AllocateRequest request;

  private Ask(AllocateRequest request) {
    this.request = request;
  }

  /** One unit of the entitlement; the subject is still to be said. */
  public static Ask of(String entitlement) {
    return new Ask(
        AllocateRequest.newBuilder()
            .addEntitlements(EntitlementUnits.newBuilder().setEntitlement(entitlement))
            .build());
  }

  /**
   * Anything that the API can say. With a request id it is that request again, and needs its
   * issued_at; tenant and attempt are the client's.
   */
  public static Ask of(AllocateRequest request) {
    return new Ask(request);
  }

  /** The holder. */
  public Ask subject(String type, String id) {
    return with(builder -> builder.getSubjectBuilder().setType(type).setId(id));
  }

  /** How many, 1 to 10^12; else one. */
  public Ask units(long units) {
    return with(builder -> builder.getEntitlementsBuilder(0).setUnits(units));
  }

  /**
   * The session's own key. The same subject with the same key resumes its session, and takes no
   * second unit: what held it before is fenced.
   */
  public Ask session(String key) {
    return with(builder -> builder.setSession(key));
  }

  /** The device, where the entitlement counts one session for each. */
  public Ask device(String id) {
    return with(builder -> builder.setDevice(id));
  }

  /** How long it is held without a renewal, from one second on; else what the entitlement says. */
  public Ask ttl(Duration ttl) {
    return with(builder -> builder.setTtl(Protos.of(ttl)));
  }

  /** Of a meter: take the units now, and charge them by {@link Hold#commit}. */
  public Ask hold() {
    return with(builder -> builder.setHold(true));
  }

  /**
   * One more label that it stands under, such as {@code env=pr-7}: an administrator releases all
   * that does in one call.
   */
  public Ask label(String label) {
    return with(builder -> builder.addLabels(label));
  }

  public Ask action(String name) {
    return with(builder -> builder.setAction(Action.newBuilder().setName(name)));
  }

  public Ask resource(String type, String id) {
    return with(builder -> builder.setResource(Resource.newBuilder().setType(type).setId(id)));
  }

  /** An attribute of the subject; one that {@code partition-by} names chooses the pool. */
  public Ask subjectProperty(String name, String value) {
    return with(builder -> builder.getSubjectBuilder().putProperties(name, text(value)));
  }

  /** An attribute of the circumstances; one that {@code partition-by} names chooses the pool. */
  public Ask context(String name, String value) {
    return with(builder -> builder.putContext(name, text(value)));
  }

  private static Value text(String value) {
    return Value.newBuilder().setStringValue(value).build();
  }

  private Ask with(Consumer<AllocateRequest.Builder> change) {
    AllocateRequest.Builder builder = request.toBuilder();
    change.accept(builder);
    return new Ask(builder.build());
  }

  /** As the API says it. */
  public AllocateRequest request() {
    return request;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Ask ask && ask.request.equals(request);
  }

  @Override
  public int hashCode() {
    return request.hashCode();
  }

  @Override
  public String toString() {
    return request.toString();
  }
}
