package dev.tallygate.server.licensing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.FieldMask;
import com.google.protobuf.Timestamp;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.log.v1.Sharing;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.CreateTenantRequest;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.Entity;
import dev.tallygate.proto.v1.EntityServiceGrpc;
import dev.tallygate.proto.v1.GetEntityRequest;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.LedgerRecord;
import dev.tallygate.proto.v1.LedgerServiceGrpc;
import dev.tallygate.proto.v1.ListEntitiesRequest;
import dev.tallygate.proto.v1.ListEntitiesResponse;
import dev.tallygate.proto.v1.PutEntityRequest;
import dev.tallygate.proto.v1.PutEntityResponse;
import dev.tallygate.proto.v1.ReadLedgerRequest;
import dev.tallygate.proto.v1.RemoveEntityRequest;
import dev.tallygate.proto.v1.RemoveEntityResponse;
import dev.tallygate.proto.v1.RenewRequest;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.TenantServiceGrpc;
import dev.tallygate.proto.v1.Value;
import dev.tallygate.proto.v1.ValueList;
import dev.tallygate.server.call.OneLog;
import dev.tallygate.server.entity.EntityFeature;
import dev.tallygate.server.ledger.LedgerFeature;
import dev.tallygate.server.tenant.TenantFeature;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Entities over real gRPC. */
class EntityFeatureTest {
  private static final long SECOND_US = 1_000_000;

  @TempDir private Path dir;
  private OneLog log;
  private TestNode node;
  private TestNode follower;

  @BeforeEach
  void start() throws Exception {
    log = new OneLog(dir);
    log.lead("n1");
    log.catalog(
        Entitlement.newBuilder()
            .setName("cad")
            .setLimit(9)
            .setConcurrentSession(
                ConcurrentSession.newBuilder()
                    .setTtlUs(60 * SECOND_US)
                    .setTtlMaxUs(60 * SECOND_US)
                    .setGraceUs(5 * SECOND_US)
                    .setSharing(Sharing.SHARING_SUBJECT))
            .build());
    node = made("n1");
    follower = made("n2");
  }

  private TestNode made(String id) throws Exception {
    return new TestNode(
        log,
        id,
        calls ->
            List.of(
                new EntityFeature(calls),
                new TenantFeature(calls),
                new LedgerFeature(calls.node(), log.ledger())));
  }

  @AfterEach
  void stop() throws Exception {
    log.audit();
    assertThat(node.halted.get()).isNull();
    node.close();
    follower.close();
    log.close();
  }

  @Test
  void put_typedValues_areReadBackWithTheirSource() {
    ValueList teams = ValueList.newBuilder().addValues(text("cad")).addValues(number(7)).build();
    PutEntityResponse response =
        entities()
            .put(
                ann()
                    .putAttributes("role", text("admin"))
                    .putAttributes("level", number(Long.MIN_VALUE))
                    .putAttributes("active", Value.newBuilder().setBoolValue(false).build())
                    .putAttributes("teams", Value.newBuilder().setListValue(teams).build())
                    .build());
    assertThat(response.getChanged()).isTrue();
    Entity read = get("ann");
    assertThat(read).isEqualTo(response.getEntity());
    assertThat(read.getAttributesList())
        .extracting(attribute -> attribute.getName() + " of " + attribute.getSource())
        .containsExactly("active of hr", "level of hr", "role of hr", "teams of hr");
    assertThat(read.getAttributes(1).getValue().getIntValue()).isEqualTo(Long.MIN_VALUE);
    assertThat(read.getAttributes(3).getValue().getListValue()).isEqualTo(teams);
  }

  @Test
  void put_again_changesNothingWhateverRevisionIsExpected() {
    PutEntityRequest put = ann().putAttributes("role", text("admin")).build();
    Entity first = entities().put(put).getEntity();
    entities().put(ann().setSource("mdm").putAttributes("disk", text("plain")).build());
    long before = log.commands();
    PutEntityResponse again =
        entities().put(put.toBuilder().setRevision(first.getRevision()).build());
    assertThat(again.getChanged()).isFalse();
    assertThat(log.commands()).isEqualTo(before);
  }

  @Test
  void put_onAFollower_isPassedOn() {
    assertThat(
            EntityServiceGrpc.newBlockingStub(follower.admin())
                .withDeadlineAfter(5, TimeUnit.SECONDS)
                .put(ann().putAttributes("role", text("admin")).build())
                .getChanged())
        .isTrue();
  }

  @Test
  void put_attributeOfAnotherSource_isRefusedNamingIt() {
    entities().put(ann().putAttributes("role", text("admin")).build());
    assertError(
        "FAILED_PRECONDITION: attributes: `role` belongs to source `hr`",
        () -> entities().put(ann().setSource("mdm").putAttributes("role", text("guest")).build()));
    assertError(
        "belongs to source `hr`",
        () -> entities().put(ann().setSource("mdm").setUpdateMask(mask("role")).build()));
    assertThat(get("ann").getAttributes(0).getValue().getStringValue()).isEqualTo("admin");
  }

  @Test
  void put_mask_changesWhatItNamesAlone() {
    entities()
        .put(ann().putAttributes("role", text("admin")).putAttributes("team", text("a")).build());
    entities()
        .put(ann().putAttributes("level", number(3)).setUpdateMask(mask("level", "team")).build());
    assertThat(names("ann")).containsExactly("level", "role");
    entities().put(ann().putAttributes("team", text("b")).build());
    assertThat(names("ann")).as("without a mask, all of the source's").containsExactly("team");
    assertError(
        "attributes.x: is not in update_mask",
        () ->
            entities()
                .put(ann().putAttributes("x", text("y")).setUpdateMask(mask("level")).build()));
  }

  @Test
  void put_otherRevisionThanExpected_isAborted() {
    Entity first = entities().put(ann().putAttributes("role", text("a")).build()).getEntity();
    PutEntityRequest.Builder next =
        ann().putAttributes("role", text("b")).setRevision(first.getRevision());
    entities().put(next.build());
    assertError(
        "ABORTED: revision",
        () -> entities().put(next.clone().putAttributes("role", text("c")).build()));
    assertError(
        "the entity is not there", () -> entities().put(next.clone().setId("nobody").build()));
    assertError("revision", () -> entities().put(next.clone().setRevision("x").build()));
  }

  @Test
  void put_outOfBounds_isRefusedNamingTheField() {
    refused("id: is required", ann().setId(""));
    refused("id: has 257", ann().setId("x".repeat(257)));
    refused("type: has 65", ann().setType("x".repeat(65)));
    refused("type: contains U+0000", ann().setType("a\0b"));
    refused("tenant", ann().setTenant("x".repeat(65)));
    refused("NOT_FOUND", ann().setTenant("nobody").putAttributes("a", number(1)));
    refused("source: is required", ann().setSource(""));
    refused("source: has 65", ann().setSource("x".repeat(65)));
    refused("attributes: is required", ann().putAttributes("", number(1)));
    refused("attributes: has 65", ann().putAttributes("x".repeat(65), number(1)));
    refused("attributes.a: has 4097", ann().putAttributes("a", text("x".repeat(4_097))));
    refused("attributes.a: has no value", ann().putAttributes("a", Value.getDefaultInstance()));
    Value list = Value.newBuilder().setListValue(ValueList.getDefaultInstance()).build();
    Value nested = Value.newBuilder().setListValue(ValueList.newBuilder().addValues(list)).build();
    refused("attributes.a: is a list in a list", ann().putAttributes("a", nested));
    ValueList.Builder many = ValueList.newBuilder();
    for (int i = 0; i < 65; i++) many.addValues(number(i));
    refused(
        "attributes.a: has 65 values",
        ann().putAttributes("a", Value.newBuilder().setListValue(many).build()));
    PutEntityRequest.Builder wide = ann();
    for (int i = 0; i < 65; i++) wide.putAttributes("a" + i, number(i));
    refused("attributes: has 65 entries", wide);
    PutEntityRequest.Builder large = ann();
    for (int i = 0; i < 4; i++) large.putAttributes("a" + i, text("x".repeat(4_096)));
    refused("attributes: would be more than", large);
    assertError("NOT_FOUND", () -> get("ann"));
  }

  private void refused(String message, PutEntityRequest.Builder put) {
    long before = log.commands();
    assertError(message, () -> entities().put(put.build()));
    assertThat(log.commands()).isEqualTo(before);
  }

  @Test
  void remove_revokesWhatItHolds_withTheReasonInTheLedger() {
    entities().put(ann().putAttributes("role", text("admin")).build());
    Grant anns = allocate("ann");
    Grant bobs = allocate("bob");
    assertThat(remove("ann").getRemoved()).isTrue();
    log.pass(1);
    assertThat(renew(anns)).isFalse();
    assertThat(renew(bobs)).isTrue();
    assertError("NOT_FOUND", () -> get("ann"));
    assertThat(remove("ann").getRemoved()).as("it is gone already").isFalse();
    List<LedgerRecord> records = new ArrayList<>();
    LedgerServiceGrpc.newBlockingStub(node.admin())
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .read(ReadLedgerRequest.getDefaultInstance())
        .forEachRemaining(records::add);
    assertThat(records)
        .filteredOn(record -> record.getKind().equals("REVOKED"))
        .singleElement()
        .satisfies(
            record -> {
              assertThat(record.getHolder()).isEqualTo("user:ann");
              assertThat(record.getDetail()).isEqualTo("left the company");
            });
    assertThat(records)
        .filteredOn(record -> record.getKind().startsWith("ENTITY_"))
        .extracting(record -> record.getKind() + " " + record.getHolder())
        .startsWith("ENTITY_PUT user:ann", "ENTITY_REMOVED user:ann");
  }

  @Test
  void remove_withoutReasonOrOtherRevision_isRefused() {
    entities().put(ann().putAttributes("role", text("admin")).build());
    RemoveEntityRequest.Builder request =
        RemoveEntityRequest.newBuilder().setType("user").setId("ann");
    assertError("reason: is required", () -> entities().remove(request.build()));
    request.setReason("left");
    String revision = get("ann").getRevision();
    entities().put(ann().putAttributes("role", text("guest")).build());
    assertError(
        "ABORTED: revision",
        () -> entities().remove(request.clone().setRevision(revision).build()));
    assertThat(names("ann")).containsExactly("role");
  }

  @Test
  void list_ofAType_inPages_namesEachOnce() {
    for (int i = 0; i < 7; i++)
      entities().put(ann().setId("u" + i).putAttributes("n", number(i)).build());
    entities().put(ann().setType("device").setId("d").putAttributes("n", number(1)).build());
    entities().put(ann().setType("users").setId("x").putAttributes("n", number(1)).build());
    List<String> seen = new ArrayList<>();
    String token = "";
    do {
      ListEntitiesResponse page =
          entities()
              .list(
                  ListEntitiesRequest.newBuilder()
                      .setType("user")
                      .setPageSize(3)
                      .setPageToken(token)
                      .build());
      assertThat(page.getEntitiesCount()).isLessThanOrEqualTo(3);
      page.getEntitiesList().forEach(entity -> seen.add(entity.getId()));
      token = page.getNextPageToken();
      String of = token;
      if (!of.isEmpty())
        assertError(
            "page_token: was altered, or belongs to another list",
            () ->
                entities()
                    .list(
                        ListEntitiesRequest.newBuilder()
                            .setType("device")
                            .setPageToken(of)
                            .build()));
    } while (!token.isEmpty());
    assertThat(seen).containsExactly("u0", "u1", "u2", "u3", "u4", "u5", "u6");
    assertThat(entities().list(ListEntitiesRequest.getDefaultInstance()).getEntitiesCount())
        .isEqualTo(9);
    assertError(
        "page_token",
        () -> entities().list(ListEntitiesRequest.newBuilder().setPageToken("x").build()));
    assertError(
        "page_size",
        () -> entities().list(ListEntitiesRequest.newBuilder().setPageSize(-1).build()));
  }

  @Test
  void entities_ofAnotherTenant_areNotSeenAndNotTouched() {
    TenantServiceGrpc.newBlockingStub(node.admin())
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .create(CreateTenantRequest.newBuilder().setTenant("acme").build());
    entities().put(ann().putAttributes("role", text("admin")).build());
    Grant anns = allocate("ann");
    assertError(
        "NOT_FOUND",
        () ->
            entities()
                .get(
                    GetEntityRequest.newBuilder()
                        .setTenant("acme")
                        .setType("user")
                        .setId("ann")
                        .build()));
    assertThat(
            entities()
                .list(ListEntitiesRequest.newBuilder().setTenant("acme").build())
                .getEntitiesCount())
        .isZero();
    entities()
        .remove(
            RemoveEntityRequest.newBuilder()
                .setTenant("acme")
                .setType("user")
                .setId("ann")
                .setReason("left")
                .build());
    log.pass(1);
    assertThat(renew(anns)).isTrue();
    assertThat(names("ann")).containsExactly("role");
  }

  @Test
  void entities_onTheDataListener_areNotServed() {
    assertThatThrownBy(() -> EntityServiceGrpc.newBlockingStub(node.data).put(ann().build()))
        .hasMessageContaining("UNIMPLEMENTED");
  }

  private RemoveEntityResponse remove(String id) {
    return entities()
        .remove(
            RemoveEntityRequest.newBuilder()
                .setType("user")
                .setId(id)
                .setReason("left the company")
                .build());
  }

  private Grant allocate(String id) {
    return node.allocate(
            AllocateRequest.newBuilder()
                .setRequestId("r-" + id)
                .setIssuedAt(Timestamp.newBuilder().setSeconds(log.wallUs() / SECOND_US))
                .setSubject(Subject.newBuilder().setType("user").setId(id))
                .addEntitlements(EntitlementUnits.newBuilder().setEntitlement("cad"))
                .build())
        .getGranted()
        .getGrants(0);
  }

  private boolean renew(Grant grant) {
    return node.renew(
            RenewRequest.newBuilder()
                .setLeaseId(grant.getLeaseId())
                .setToken(grant.getToken())
                .build())
        .hasRenewed();
  }

  private Entity get(String id) {
    return entities()
        .get(GetEntityRequest.newBuilder().setType("user").setId(id).build())
        .getEntity();
  }

  private List<String> names(String id) {
    return get(id).getAttributesList().stream().map(attribute -> attribute.getName()).toList();
  }

  private EntityServiceGrpc.EntityServiceBlockingStub entities() {
    return EntityServiceGrpc.newBlockingStub(node.admin()).withDeadlineAfter(5, TimeUnit.SECONDS);
  }

  private static PutEntityRequest.Builder ann() {
    return PutEntityRequest.newBuilder().setType("user").setId("ann").setSource("hr");
  }

  private static FieldMask mask(String... names) {
    return FieldMask.newBuilder().addAllPaths(List.of(names)).build();
  }

  private static Value text(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }

  private static Value number(long number) {
    return Value.newBuilder().setIntValue(number).build();
  }

  private static void assertError(
      String message, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining(message);
  }
}
