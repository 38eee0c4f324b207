package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.Allocate;
import dev.tallygate.proto.log.v1.ApplyCatalog;
import dev.tallygate.proto.log.v1.Attribute;
import dev.tallygate.proto.log.v1.AttributeValue;
import dev.tallygate.proto.log.v1.BlockLabel;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.CreateTenant;
import dev.tallygate.proto.log.v1.DeleteTenant;
import dev.tallygate.proto.log.v1.DigestVote;
import dev.tallygate.proto.log.v1.PutEntity;
import dev.tallygate.proto.log.v1.RefusalSummary;
import dev.tallygate.proto.log.v1.Release;
import dev.tallygate.proto.log.v1.ReleaseByLabel;
import dev.tallygate.proto.log.v1.RemoveEntity;
import dev.tallygate.proto.log.v1.Renew;
import dev.tallygate.proto.log.v1.RequestKey;
import dev.tallygate.proto.log.v1.SetLimit;
import dev.tallygate.proto.log.v1.Settle;
import dev.tallygate.proto.log.v1.SuspendTenant;
import dev.tallygate.proto.log.v1.Target;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A command as tests speak of it; written by the generated classes, so that the core's own codecs
 * are on trial too.
 */
sealed interface Call {
  Command proto();

  default int tenant() {
    return 0;
  }

  /** Who asked, under which id, when, and a hash of what. */
  record Key(String caller, String id, long issuedAt, long content) {
    RequestKey proto() {
      return RequestKey.newBuilder()
          .setCaller(caller)
          .setRequestId(id)
          .setIssuedAtUs(issuedAt)
          .setContentHigh(content)
          .setContentLow(~content)
          .build();
    }
  }

  /** Allocate. */
  record Take(
      int tenant,
      Key key,
      long catalogVersion,
      int entitlement,
      String partition,
      long units,
      String holder,
      long subjectRef,
      boolean newSubject,
      String session,
      long ttl,
      boolean hold,
      long windowStart,
      long windowEnd,
      int refusal,
      boolean assign,
      List<Also> also,
      int observed,
      int group)
      implements Call {
    /** Of one entitlement. */
    Take(
        int tenant,
        Key key,
        long catalogVersion,
        int entitlement,
        String partition,
        long units,
        String holder,
        long subjectRef,
        boolean newSubject,
        String session,
        long ttl,
        boolean hold,
        long windowStart,
        long windowEnd,
        int refusal,
        boolean assign) {
      this(
          tenant,
          key,
          catalogVersion,
          entitlement,
          partition,
          units,
          holder,
          subjectRef,
          newSubject,
          session,
          ttl,
          hold,
          windowStart,
          windowEnd,
          refusal,
          assign,
          List.of(),
          0,
          0);
    }

    Take also(List<Also> targets) {
      return new Take(
          tenant,
          key,
          catalogVersion,
          entitlement,
          partition,
          units,
          holder,
          subjectRef,
          newSubject,
          session,
          ttl,
          hold,
          windowStart,
          windowEnd,
          refusal,
          assign,
          targets,
          observed,
          group);
    }

    Take key(Key other, long version) {
      return new Take(
          tenant,
          other,
          version,
          entitlement,
          partition,
          units,
          holder,
          subjectRef,
          newSubject,
          session,
          ttl,
          hold,
          windowStart,
          windowEnd,
          refusal,
          assign,
          also,
          observed,
          group);
    }

    /** What it would be if it named this target first, and no other. */
    Take of(Also target) {
      return new Take(
          tenant,
          key,
          catalogVersion,
          target.entitlement,
          target.partition,
          target.units,
          holder,
          subjectRef,
          newSubject,
          target.session,
          ttl,
          hold,
          target.windowStart,
          target.windowEnd,
          target.refusal,
          assign,
          List.of(),
          target.observed,
          target.group);
    }

    /** What its proposer would have refused, where the entitlement only observes. */
    Take observed(int why) {
      return new Take(
          tenant,
          key,
          catalogVersion,
          entitlement,
          partition,
          units,
          holder,
          subjectRef,
          newSubject,
          session,
          ttl,
          hold,
          windowStart,
          windowEnd,
          refusal,
          assign,
          also,
          why,
          group);
    }

    /** As one of a group that units are kept for. */
    Take group(int number) {
      return new Take(
          tenant,
          key,
          catalogVersion,
          entitlement,
          partition,
          units,
          holder,
          subjectRef,
          newSubject,
          session,
          ttl,
          hold,
          windowStart,
          windowEnd,
          refusal,
          assign,
          also,
          observed,
          number);
    }

    @Override
    public Command proto() {
      return Command.newBuilder()
          .setAllocate(
              Allocate.newBuilder()
                  .setTenant(tenant)
                  .setKey(key.proto())
                  .setCatalogVersion(catalogVersion)
                  .setEntitlement(entitlement)
                  .setPartition(partition)
                  .setUnits(units)
                  .setHolder(holder)
                  .setSubjectRef(subjectRef)
                  .setNewSubject(newSubject)
                  .setSession(session)
                  .setTtlUs(ttl)
                  .setHold(hold)
                  .setWindowStartUs(windowStart)
                  .setWindowEndUs(windowEnd)
                  .setRefusal(refusal)
                  .setAssign(assign)
                  .addAllTargets(also.stream().map(Also::proto).toList())
                  .setObserved(observed)
                  .setGroup(group))
          .build();
    }
  }

  /** A further target of an Allocate. */
  record Also(
      int part,
      int entitlement,
      String partition,
      long units,
      String session,
      long windowStart,
      long windowEnd,
      int refusal,
      int observed,
      int group) {
    Target proto() {
      return Target.newBuilder()
          .setPart(part)
          .setEntitlement(entitlement)
          .setPartition(partition)
          .setUnits(units)
          .setSession(session)
          .setWindowStartUs(windowStart)
          .setWindowEndUs(windowEnd)
          .setRefusal(refusal)
          .setObserved(observed)
          .setGroup(group)
          .build();
    }
  }

  /** Allocate under labels, sorted. */
  record Labelled(Take take, List<String> labels) implements Call {
    @Override
    public int tenant() {
      return take.tenant();
    }

    @Override
    public Command proto() {
      Command.Builder command = take.proto().toBuilder();
      command.getAllocateBuilder().addAllLabels(labels);
      return command.build();
    }
  }

  /** ReleaseByLabel. */
  record Free(int tenant, Key key, String label, String reason, long upTo) implements Call {
    @Override
    public Command proto() {
      return Command.newBuilder()
          .setReleaseByLabel(
              ReleaseByLabel.newBuilder()
                  .setTenant(tenant)
                  .setKey(key.proto())
                  .setLabel(label)
                  .setReason(reason)
                  .setUpTo(upTo))
          .build();
    }
  }

  /** BlockLabel. */
  record Block(int tenant, Key key, String label, String reason, long until) implements Call {
    @Override
    public Command proto() {
      return Command.newBuilder()
          .setBlockLabel(
              BlockLabel.newBuilder()
                  .setTenant(tenant)
                  .setKey(key.proto())
                  .setLabel(label)
                  .setReason(reason)
                  .setUntilUs(until))
          .build();
    }
  }

  /** What names a lease by id and token. */
  enum Verb {
    RENEW,
    RELEASE,
    COMMIT,
    CANCEL
  }

  /** Renew, Release, Commit or Cancel; {@code amount} is a ttl or units. */
  record Touch(Verb verb, int tenant, long lease, long token, long amount) implements Call {
    @Override
    public Command proto() {
      Command.Builder command = Command.newBuilder();
      switch (verb) {
        case RENEW ->
            command.setRenew(
                Renew.newBuilder()
                    .setTenant(tenant)
                    .setLeaseId(lease)
                    .setToken(token)
                    .setTtlUs(amount));
        case RELEASE ->
            command.setRelease(
                Release.newBuilder().setTenant(tenant).setLeaseId(lease).setToken(token));
        case COMMIT, CANCEL ->
            command.setSettle(
                Settle.newBuilder()
                    .setTenant(tenant)
                    .setLeaseId(lease)
                    .setToken(token)
                    .setUnits(verb == Verb.COMMIT ? amount : 0)
                    .setCancel(verb == Verb.CANCEL));
      }
      return command.build();
    }
  }

  record Revoke(int tenant, long lease, String caller, String reason) implements Call {
    @Override
    public Command proto() {
      return Command.newBuilder()
          .setRevoke(
              dev.tallygate.proto.log.v1.Revoke.newBuilder()
                  .setTenant(tenant)
                  .setLeaseId(lease)
                  .setCaller(caller)
                  .setReason(reason))
          .build();
    }
  }

  /** SetLimit. */
  record Cap(
      int tenant,
      Key key,
      long catalogVersion,
      int entitlement,
      String partition,
      long limit,
      long until,
      boolean clear)
      implements Call {
    @Override
    public Command proto() {
      return Command.newBuilder()
          .setSetLimit(
              SetLimit.newBuilder()
                  .setTenant(tenant)
                  .setKey(key.proto())
                  .setCatalogVersion(catalogVersion)
                  .setEntitlement(entitlement)
                  .setPartition(partition)
                  .setLimit(limit)
                  .setUntilUs(until)
                  .setClear(clear))
          .build();
    }
  }

  /** ApplyCatalog. */
  record Catalog(int tenant, long expectVersion, String set, List<Right> rights, String caller)
      implements Call {
    @Override
    public Command proto() {
      ApplyCatalog.Builder apply =
          ApplyCatalog.newBuilder()
              .setTenant(tenant)
              .setExpectVersion(expectVersion)
              .setSet(set)
              .setCaller(caller);
      for (Right right : rights) apply.addEntitlements(right.proto());
      return Command.newBuilder().setApplyCatalog(apply).build();
    }
  }

  record NewTenant(String name) implements Call {
    @Override
    public Command proto() {
      return Command.newBuilder().setCreateTenant(CreateTenant.newBuilder().setName(name)).build();
    }
  }

  /** SuspendTenant, or back. */
  record Suspend(int tenant, boolean resume, String reason) implements Call {
    @Override
    public Command proto() {
      return Command.newBuilder()
          .setSuspendTenant(
              SuspendTenant.newBuilder().setTenant(tenant).setResume(resume).setReason(reason))
          .build();
    }
  }

  /** DeleteTenant. */
  record Delete(int tenant, String reason) implements Call {
    @Override
    public Command proto() {
      return Command.newBuilder()
          .setDeleteTenant(DeleteTenant.newBuilder().setTenant(tenant).setReason(reason))
          .build();
    }
  }

  /** PutEntity; values are texts. */
  record Put(
      int tenant,
      String entity,
      String source,
      Map<String, String> attributes,
      List<String> removed,
      boolean all,
      long expect,
      long subjectRef)
      implements Call {
    @Override
    public Command proto() {
      PutEntity.Builder put =
          PutEntity.newBuilder()
              .setTenant(tenant)
              .setEntity(entity)
              .setSource(source)
              .addAllRemoved(removed)
              .setAll(all)
              .setExpectPosition(expect)
              .setSubjectRef(subjectRef);
      new TreeMap<>(attributes)
          .forEach(
              (name, text) ->
                  put.addAttributes(
                      Attribute.newBuilder()
                          .setName(name)
                          .setValue(AttributeValue.newBuilder().setStringValue(text))));
      return Command.newBuilder().setPutEntity(put).build();
    }
  }

  /** RemoveEntity. */
  record Forget(int tenant, String entity, long expect, String reason) implements Call {
    @Override
    public Command proto() {
      return Command.newBuilder()
          .setRemoveEntity(
              RemoveEntity.newBuilder()
                  .setTenant(tenant)
                  .setEntity(entity)
                  .setExpectPosition(expect)
                  .setReason(reason))
          .build();
    }
  }

  /** Settings. */
  record Tune(Settings settings) implements Call {
    @Override
    public Command proto() {
      return Command.newBuilder().setSettings(settings.proto()).build();
    }
  }

  record Vote(String node, long index, long digest) implements Call {
    @Override
    public Command proto() {
      return Command.newBuilder()
          .setDigestVote(DigestVote.newBuilder().setNodeId(node).setIndex(index).setDigest(digest))
          .build();
    }
  }

  /** RefusalSummary. */
  record Summary(int tenant, int entitlement, String partition, int reason, long count)
      implements Call {
    @Override
    public Command proto() {
      return Command.newBuilder()
          .setRefusalSummary(
              RefusalSummary.newBuilder()
                  .setTenant(tenant)
                  .setEntitlement(entitlement)
                  .setPartition(partition)
                  .setReason(reason)
                  .setCount(count))
          .build();
    }
  }
}
