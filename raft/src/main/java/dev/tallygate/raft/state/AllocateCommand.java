package dev.tallygate.raft.state;

import java.util.Arrays;

/**
 * {@code tallygate.log.v1.Allocate}, read in place and written without garbage. Reused; its spans
 * point into the entry.
 */
public final class AllocateCommand {
  /** Field of {@code tallygate.log.v1.Command}. */
  public static final int FIELD = 1;

  public static final int LABELS_MAX = 8;

  private static final int LABELS = 25;

  public int tenant;
  public final RequestKey key = new RequestKey();
  public long catalogVersion;
  public int entitlement;
  public final Span partition = new Span();
  public long units;
  public final Span holder = new Span();
  public long subjectRef;
  public boolean newSubject;
  public final Span session = new Span();
  public long ttlUs;
  public boolean hold;
  public long windowStartUs;
  public long windowEndUs;
  public int refusal;
  public boolean assign;

  /** What the proposer would have refused, where the entitlement only observes. */
  public int observed;

  /** Number of the reservation in whose group the question is; 0 for none. */
  public int group;

  /**
   * Whether an entitlement that only observes grants what it would refuse: not while others of its
   * chain may grant. Given by apply.
   */
  boolean observes;

  private static final int TARGETS = 17;
  private static final int OBSERVED = 18;
  private static final int GROUP = 19;

  /** Its number takes two bytes. */
  private static final int TAG_BYTES = 2;

  private AllocateTarget[] targets = {};
  private int targetCount;
  private final AllocateTarget own = new AllocateTarget();
  private boolean ownKept;

  /** How many labels there are: sorted, none twice. */
  public int labelCount;

  private final Span[] labels = new Span[LABELS_MAX];

  public AllocateCommand() {
    for (int i = 0; i < LABELS_MAX; i++) labels[i] = new Span();
  }

  public Span label(int i) {
    return labels[i];
  }

  /** Makes room for one more label, which is for the caller to set. */
  public Span addLabel() {
    if (labelCount == LABELS_MAX)
      throw new CorruptStateException("more than " + LABELS_MAX + " labels");
    return labels[labelCount++];
  }

  public AllocateCommand clear() {
    tenant = 0;
    key.clear();
    catalogVersion = 0;
    entitlement = 0;
    partition.clear();
    units = 0;
    holder.clear();
    subjectRef = 0;
    newSubject = false;
    session.clear();
    ttlUs = 0;
    hold = false;
    windowStartUs = 0;
    windowEndUs = 0;
    refusal = 0;
    assign = false;
    observed = 0;
    group = 0;
    observes = true;
    targetCount = 0;
    ownKept = false;
    labelCount = 0;
    return this;
  }

  /** Adds one, of the same part as the one before or of the next. */
  public AllocateTarget addTarget() {
    if (targetCount == targets.length) {
      targets = Arrays.copyOf(targets, targetCount + 4);
      for (int i = targetCount; i < targets.length; i++) targets[i] = new AllocateTarget();
    }
    return targets[targetCount++].clear();
  }

  public int targetCount() {
    return targetCount;
  }

  /** Parts that are granted together or not at all. */
  int parts() {
    return targetCount == 0 ? 1 : targets[targetCount - 1].part + 1;
  }

  /**
   * The last target of a part.
   *
   * @param first of the same part
   */
  int lastOfPart(int first) {
    int part = first == 0 ? 0 : targets[first - 1].part;
    int last = first;
    while (last < targetCount && targets[last].part == part) last++;
    return last;
  }

  /**
   * Lets the command speak of one of its targets.
   *
   * @param number 0 for the one that it was made for, from 1 for those that were added
   */
  void use(int number) {
    if (!ownKept) keepOwn();
    AllocateTarget target = number == 0 ? own : targets[number - 1];
    entitlement = target.entitlement;
    partition.set(target.partition);
    units = target.units;
    session.set(target.session);
    windowStartUs = target.windowStartUs;
    windowEndUs = target.windowEndUs;
    refusal = target.refusal;
    observed = target.observed;
    group = target.group;
  }

  private void keepOwn() {
    ownKept = true;
    own.entitlement = entitlement;
    own.partition.set(partition);
    own.units = units;
    own.session.set(session);
    own.windowStartUs = windowStartUs;
    own.windowEndUs = windowEndUs;
    own.refusal = refusal;
    own.observed = observed;
    own.group = group;
  }

  AllocateCommand read(WireReader in, int end) {
    clear();
    while (in.position() < end) {
      switch (in.field()) {
        case 1 -> tenant = in.int32();
        case 2 -> key.read(in);
        case 3 -> catalogVersion = in.int64();
        case 4 -> entitlement = in.int32();
        case 5 -> in.span(partition);
        case 6 -> units = in.int64();
        case 7 -> in.span(holder);
        case 8 -> subjectRef = in.fixed64();
        case 9 -> newSubject = in.bool();
        case 10 -> in.span(session);
        case 11 -> ttlUs = in.int64();
        case 12 -> hold = in.bool();
        case 13 -> windowStartUs = in.fixed64();
        case 14 -> windowEndUs = in.fixed64();
        case 15 -> refusal = in.int32();
        case 16 -> assign = in.bool();
        case OBSERVED -> observed = in.int32();
        case GROUP -> group = in.int32();
        case TARGETS -> addTarget().read(in, in.enter());
        case LABELS -> in.span(addLabel());
        default -> throw in.unknown("Allocate");
      }
    }
    in.leave(end);
    return this;
  }

  /** Appends the whole {@code Command}. */
  public void write(Bytes out) {
    int keySize = key.size();
    int body =
        WireWriter.int64Size(tenant)
            + 1
            + WireWriter.varintSize(keySize)
            + keySize
            + WireWriter.int64Size(catalogVersion)
            + WireWriter.int64Size(entitlement)
            + WireWriter.lengthDelimitedSize(partition.length())
            + WireWriter.int64Size(units)
            + WireWriter.lengthDelimitedSize(holder.length())
            + WireWriter.fixed64Size(subjectRef)
            + WireWriter.int64Size(newSubject ? 1 : 0)
            + WireWriter.lengthDelimitedSize(session.length())
            + WireWriter.int64Size(ttlUs)
            + WireWriter.int64Size(hold ? 1 : 0)
            + WireWriter.fixed64Size(windowStartUs)
            + WireWriter.fixed64Size(windowEndUs)
            + WireWriter.int64Size(refusal)
            // Its number takes two bytes.
            + (assign ? 3 : 0)
            + targetsSize()
            + (observed == 0 ? 0 : TAG_BYTES + WireWriter.varintSize(observed))
            + (group == 0 ? 0 : TAG_BYTES + WireWriter.varintSize(group))
            + (labelCount == 0 ? 0 : labelsSize());
    WireWriter.enter(out, FIELD, body);
    WireWriter.int32(out, 1, tenant);
    key.write(out, 2);
    WireWriter.int64(out, 3, catalogVersion);
    WireWriter.int32(out, 4, entitlement);
    WireWriter.span(out, 5, partition);
    WireWriter.int64(out, 6, units);
    WireWriter.span(out, 7, holder);
    WireWriter.fixed64(out, 8, subjectRef);
    WireWriter.bool(out, 9, newSubject);
    WireWriter.span(out, 10, session);
    WireWriter.int64(out, 11, ttlUs);
    WireWriter.bool(out, 12, hold);
    WireWriter.fixed64(out, 13, windowStartUs);
    WireWriter.fixed64(out, 14, windowEndUs);
    WireWriter.int32(out, 15, refusal);
    WireWriter.bool(out, 16, assign);
    for (int i = 0; i < targetCount; i++) targets[i].write(out, TARGETS);
    WireWriter.int32(out, OBSERVED, observed);
    WireWriter.int32(out, GROUP, group);
    writeLabels(out, LABELS);
  }

  private int targetsSize() {
    int size = 0;
    for (int i = 0; i < targetCount; i++) {
      int body = targets[i].size();
      size += TAG_BYTES + WireWriter.varintSize(body) + body;
    }
    return size;
  }

  /** Their numbers take two bytes. */
  private int labelsSize() {
    int size = 0;
    for (int i = 0; i < labelCount; i++)
      size += 1 + WireWriter.lengthDelimitedSize(labels[i].length());
    return size;
  }

  void writeLabels(Bytes out, int field) {
    for (int i = 0; i < labelCount; i++) WireWriter.span(out, field, labels[i]);
  }
}
