package dev.tallygate.server.grpc;

import dev.tallygate.raft.state.Counts;
import dev.tallygate.raft.state.Entitlement;
import dev.tallygate.raft.state.Outcome;
import dev.tallygate.raft.state.Pool;
import dev.tallygate.raft.state.TableId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a command came to, as its proposal is told: a copy of the {@link Outcome} that apply reuses.
 * Immutable. Fields are named and measured as there.
 */
public final class Answer {
  private static final byte[] NO_PARTITION = new byte[0];

  public final Outcome.Status status;
  public final int reason;
  public final int endReason;
  public final int grantKind;
  public final long position;
  public final long leaseId;
  public final long token;
  public final long units;
  public final long charged;
  public final long ttlUs;
  public final int observed;
  public final boolean resumed;
  public final boolean repeated;
  public final long retryAfterUs;
  public final long catalogVersion;
  public final long holderLimit;
  public final long holderTaken;
  public final long reserved;
  public final long civilUs;

  /** Of a refusal: the part of the call that refuses, from 0. */
  public final int refusedPart;

  /** The parts of the call behind this one that were granted with it; empty for most calls. */
  public final List<Answer> more;

  public final @Nullable TableId bound;

  /** Of the pool after the command; null where the outcome names none, and all counts are 0. */
  public final @Nullable Entitlement entitlement;

  private final byte[] partition;
  public final long limit;
  public final long overage;
  public final long overageSinceUs;
  public final long deficit;
  public final long free;
  public final long held;
  public final long onHold;
  public final long cooling;
  public final long used;
  public final long carried;
  public final long windowEndUs;

  private Answer(Outcome from) {
    status = from.status;
    reason = from.reason;
    endReason = from.endReason;
    grantKind = from.grantKind;
    position = from.position;
    leaseId = from.leaseId;
    token = from.token;
    units = from.units;
    charged = from.charged;
    ttlUs = from.ttlUs;
    observed = from.observed;
    resumed = from.resumed;
    repeated = from.repeated;
    retryAfterUs = from.retryAfterUs;
    catalogVersion = from.catalogVersion;
    holderLimit = from.holderLimit;
    holderTaken = from.holderTaken;
    reserved = from.reserved;
    civilUs = from.civilUs;
    refusedPart = from.refusedPart;
    more = from.partCount() == 0 ? List.of() : more(from);
    bound = from.bound;
    Pool pool = from.pool;
    if (pool == null) {
      entitlement = null;
      partition = NO_PARTITION;
      limit = 0;
      overage = 0;
      overageSinceUs = 0;
      deficit = 0;
      free = 0;
      held = 0;
      onHold = 0;
      cooling = 0;
      used = 0;
      carried = 0;
      windowEndUs = 0;
      return;
    }
    entitlement = pool.entitlement();
    partition = pool.partition();
    Counts counts = pool.counts();
    limit = counts.limit();
    overage = counts.overage();
    overageSinceUs = pool.overageSinceUs();
    deficit = counts.deficit();
    free = counts.free();
    held = counts.held();
    onHold = counts.onHold();
    cooling = counts.cooling();
    used = counts.used();
    carried = counts.carried();
    windowEndUs = pool.windowEndUs();
  }

  private static List<Answer> more(Outcome from) {
    List<Answer> more = new ArrayList<>();
    for (int part = 1; part < from.partCount(); part++) more.add(new Answer(from.part(part)));
    return List.copyOf(more);
  }

  /** Copies an outcome; for the apply thread. What a {@code StateReplica} is given. */
  public static Object of(Outcome outcome) {
    return new Answer(outcome);
  }

  /** Of the pool; empty where it has none. Not to be changed. */
  public byte[] partition() {
    return partition;
  }

  /** Units that are not free: of the pool, and of retired ones of its name. */
  public long taken() {
    return held + onHold + cooling + used + carried;
  }
}
