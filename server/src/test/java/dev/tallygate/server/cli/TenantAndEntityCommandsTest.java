package dev.tallygate.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import dev.tallygate.proto.v1.CreateTenantRequest;
import dev.tallygate.proto.v1.CreateTenantResponse;
import dev.tallygate.proto.v1.DeleteTenantRequest;
import dev.tallygate.proto.v1.DeleteTenantResponse;
import dev.tallygate.proto.v1.Entity;
import dev.tallygate.proto.v1.EntityAttribute;
import dev.tallygate.proto.v1.EntityServiceGrpc;
import dev.tallygate.proto.v1.ListEntitiesRequest;
import dev.tallygate.proto.v1.ListEntitiesResponse;
import dev.tallygate.proto.v1.ListTenantsRequest;
import dev.tallygate.proto.v1.ListTenantsResponse;
import dev.tallygate.proto.v1.PutEntityRequest;
import dev.tallygate.proto.v1.PutEntityResponse;
import dev.tallygate.proto.v1.RemoveEntityRequest;
import dev.tallygate.proto.v1.RemoveEntityResponse;
import dev.tallygate.proto.v1.SuspendTenantRequest;
import dev.tallygate.proto.v1.SuspendTenantResponse;
import dev.tallygate.proto.v1.Tenant;
import dev.tallygate.proto.v1.TenantServiceGrpc;
import dev.tallygate.proto.v1.TenantState;
import dev.tallygate.proto.v1.Value;
import dev.tallygate.proto.v1.ValueList;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@code tenant} and {@code entity} ask for, and how they show it. */
class TenantAndEntityCommandsTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final List<Message> asked = new ArrayList<>();
  private Server server;

  @BeforeEach
  void start() throws Exception {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(new FakeTenants())
            .addService(new FakeEntities())
            .build()
            .start();
  }

  @AfterEach
  void stop() {
    server.shutdownNow();
  }

  private int run(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--admin", "127.0.0.1:" + server.getPort()));
    return runAsItIs(all.toArray(String[]::new));
  }

  private int runAsItIs(String... arguments) {
    return Main.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }

  private <A> void answer(Message request, A response, StreamObserver<A> reply) {
    asked.add(request);
    reply.onNext(response);
    reply.onCompleted();
  }

  private final class FakeTenants extends TenantServiceGrpc.TenantServiceImplBase {
    @Override
    public void create(CreateTenantRequest request, StreamObserver<CreateTenantResponse> reply) {
      answer(request, CreateTenantResponse.newBuilder().setCreated(true).build(), reply);
    }

    @Override
    public void list(ListTenantsRequest request, StreamObserver<ListTenantsResponse> reply) {
      Tenant acme =
          Tenant.newBuilder()
              .setName("acme")
              .setNumber(2)
              .setState(TenantState.TENANT_STATE_SUSPENDED)
              .setLeases(7)
              .build();
      answer(request, ListTenantsResponse.newBuilder().addTenants(acme).build(), reply);
    }

    @Override
    public void suspend(SuspendTenantRequest request, StreamObserver<SuspendTenantResponse> reply) {
      answer(request, SuspendTenantResponse.getDefaultInstance(), reply);
    }

    @Override
    public void delete(DeleteTenantRequest request, StreamObserver<DeleteTenantResponse> reply) {
      answer(request, DeleteTenantResponse.getDefaultInstance(), reply);
    }
  }

  private final class FakeEntities extends EntityServiceGrpc.EntityServiceImplBase {
    @Override
    public void put(PutEntityRequest request, StreamObserver<PutEntityResponse> reply) {
      answer(request, PutEntityResponse.newBuilder().setChanged(true).build(), reply);
    }

    @Override
    public void list(ListEntitiesRequest request, StreamObserver<ListEntitiesResponse> reply) {
      Entity ann =
          Entity.newBuilder()
              .setType("user")
              .setId("ann")
              .addAttributes(
                  EntityAttribute.newBuilder()
                      .setName("level")
                      .setSource("hr")
                      .setValue(Value.newBuilder().setIntValue(3)))
              .build();
      answer(request, ListEntitiesResponse.newBuilder().addEntities(ann).build(), reply);
    }

    @Override
    public void remove(RemoveEntityRequest request, StreamObserver<RemoveEntityResponse> reply) {
      answer(request, RemoveEntityResponse.newBuilder().setRemoved(true).build(), reply);
    }
  }

  @Test
  void tenantCreate_asksForTheName() {
    assertThat(run("tenant", "create", "acme")).isZero();
    assertThat(asked).containsExactly(CreateTenantRequest.newBuilder().setTenant("acme").build());
    assertThat(out.toString()).contains("created  true");
  }

  @Test
  void tenantList_showsATable() {
    assertThat(run("tenant", "list")).isZero();
    assertThat(out.toString().lines().toList().get(1)).contains("acme", "2", "suspended", "7");
  }

  @Test
  void tenantDelete_withoutNumberOrReason_isUsage() {
    assertThat(run("tenant", "delete", "acme", "--reason", "left")).isEqualTo(2);
    assertThat(err.toString()).contains("--number");
    assertThat(run("tenant", "delete", "acme", "--number", "2")).isEqualTo(2);
    assertThat(run("tenant", "suspend", "acme")).isEqualTo(2);
    assertThat(asked).isEmpty();
    assertThat(run("tenant", "delete", "acme", "--number", "2", "--reason", "left")).isZero();
    assertThat(asked)
        .containsExactly(
            DeleteTenantRequest.newBuilder()
                .setTenant("acme")
                .setNumber(2)
                .setReason("left")
                .build());
  }

  @Test
  void tenantAndEntity_withoutAVerb_sayWhichThereAre() {
    assertThat(runAsItIs("tenant")).isEqualTo(2);
    assertThat(runAsItIs("entity")).isEqualTo(2);
    assertThat(err.toString()).contains("create, get, list").contains("put, get, list or remove");
  }

  @Test
  void entityPut_attributes_areTypedAndAloneMeant() {
    assertThat(
            run(
                "entity",
                "put",
                "user:ann",
                "--source",
                "hr",
                "--attr",
                "role=admin",
                "--attr",
                "level=3",
                "--attr",
                "active=true",
                "--attr",
                "teams=[cad, 7]",
                "--unset",
                "old",
                "--tenant",
                "acme"))
        .isZero();
    PutEntityRequest put = (PutEntityRequest) asked.getFirst();
    assertThat(put.getTenant()).isEqualTo("acme");
    assertThat(put.getType()).isEqualTo("user");
    assertThat(put.getId()).isEqualTo("ann");
    Value seven = Value.newBuilder().setIntValue(7).build();
    ValueList teams =
        ValueList.newBuilder()
            .addValues(Value.newBuilder().setStringValue("cad"))
            .addValues(seven)
            .build();
    assertThat(put.getAttributesMap())
        .isEqualTo(
            Map.of(
                "role", Value.newBuilder().setStringValue("admin").build(),
                "level", Value.newBuilder().setIntValue(3).build(),
                "active", Value.newBuilder().setBoolValue(true).build(),
                "teams", Value.newBuilder().setListValue(teams).build()));
    assertThat(put.getUpdateMask().getPathsList())
        .containsExactlyInAnyOrder("role", "level", "active", "teams", "old");
  }

  @Test
  void entityPut_replace_hasNoMask() {
    assertThat(run("entity", "put", "ann", "--source", "hr", "--replace")).isZero();
    assertThat(((PutEntityRequest) asked.getFirst()).hasUpdateMask()).isFalse();
    assertThat(run("entity", "put", "ann", "--source", "hr", "--replace", "--unset", "x"))
        .isEqualTo(2);
  }

  @Test
  void entityListAndRemove_askAndShow() {
    assertThat(run("entity", "list", "user")).isZero();
    assertThat(out.toString().lines().toList().get(1)).contains("user:ann", "level", "3", "hr");
    assertThat(run("entity", "remove", "user:ann")).isEqualTo(2);
    assertThat(run("entity", "remove", "user:ann", "--reason", "left")).isZero();
    assertThat(asked.getLast())
        .isEqualTo(
            RemoveEntityRequest.newBuilder()
                .setType("user")
                .setId("ann")
                .setReason("left")
                .build());
  }
}
