package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.Entity;
import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.proto.log.v1.PutEntity;
import dev.tallygate.proto.log.v1.RemoveEntity;
import dev.tallygate.proto.v1.RefusalReason;

/**
 * Puts and removes entities. A put that does not fit what stands is answered RETRY, so that its
 * proposer, which by then has applied what stands, says why. What a removed one holds is ended by
 * {@link Removals}.
 */
final class EntityChanges {
  private final State state;
  private final LedgerRecord record = new LedgerRecord();
  private final Span name = new Span();
  private final Bytes key = new Bytes(64);
  private final Bytes row = new Bytes(512);
  private final Bytes subjectKey = new Bytes(64);
  private final Bytes subjectRow = new Bytes(16);
  private final Bytes nameKey = new Bytes(16);
  private final Bytes nameRow = new Bytes(64);

  EntityChanges(State state) {
    this.state = state;
  }

  void put(PutEntity command, Outcome out) {
    Tenant tenant = tenant(command.getTenant(), out);
    if (tenant == null) return;
    Attributes.check(command);
    name.set(command.getEntity());
    boolean there = find(tenant);
    long stands = there ? row.getLong(EntityLayout.POSITION) : 0;
    long checksum = there ? row.getLong(Rows.CHECKSUM) : 0;
    Entity before = there ? Attributes.read(row) : null;
    Entity after = Attributes.merge(before, command).after();
    if (after == null || unexpected(command.getExpectPosition(), stands)) {
      Answers.retry(out);
      return;
    }
    out.status = Outcome.Status.DONE;
    out.token = stands;
    if (after.equals(before)) return;
    if (!there && state.entities >= state.settings.bound(TableId.ENTITIES)) {
      Answers.full(TableId.ENTITIES, out);
      return;
    }
    long reference = reference(tenant, command.getSubjectRef(), out);
    if (reference == 0) return;
    tenant.position++;
    byte[] body = after.toByteArray();
    row.length(EntityLayout.BODY).setLong(EntityLayout.POSITION, tenant.position);
    row.add(body, 0, body.length);
    if (there) state.entityRows.update(key, row, checksum);
    else insert(tenant);
    record.clear(LedgerKind.LEDGER_KIND_ENTITY_PUT).subjectRef = reference;
    record.detail.set(command.getSource());
    record.count = after.getAttributesCount();
    state.record(tenant, record, 0);
    out.token = tenant.position;
  }

  private static boolean unexpected(long expected, long stands) {
    return expected != 0 && expected != stands;
  }

  private void insert(Tenant tenant) {
    state.entityRows.insert(key, row);
    tenant.entities().add(name.copy());
    state.entities++;
  }

  /** Under which the ledger knows the entity; 0 where the outcome says why it cannot. */
  private long reference(Tenant tenant, long drawn, Outcome out) {
    SubjectLayout.subjectKey(subjectKey, tenant.number, name);
    if (state.subjectRows.get(subjectKey, subjectRow))
      return subjectRow.getLong(SubjectLayout.REFERENCE);
    SubjectLayout.nameKey(nameKey, tenant.number, drawn);
    if (drawn == 0 || state.nameRows.get(nameKey, nameRow)) {
      Answers.retry(out);
      return 0;
    }
    if (state.subjects >= state.settings.subjectsMax()) {
      Answers.full(TableId.SUBJECTS, out);
      return 0;
    }
    subjectRow.length(SubjectLayout.REFERENCE).addLong(drawn);
    name.addTo(nameRow.length(SubjectLayout.NAME));
    nameRow.setLong(SubjectLayout.PREVIOUS, tenant.newestSubject);
    tenant.newestSubject = drawn;
    state.subjectRows.insert(subjectKey, subjectRow);
    state.nameRows.insert(nameKey, nameRow);
    state.subjects++;
    state.touch(tenant);
    return drawn;
  }

  void remove(RemoveEntity command, Outcome out) {
    Tenant tenant = tenant(command.getTenant(), out);
    if (tenant == null) return;
    name.set(command.getEntity());
    boolean there = find(tenant);
    long stands = there ? row.getLong(EntityLayout.POSITION) : 0;
    if (unexpected(command.getExpectPosition(), stands)) {
      Answers.retry(out);
      return;
    }
    out.status = Outcome.Status.DONE;
    SubjectLayout.subjectKey(subjectKey, tenant.number, name);
    long reference =
        state.subjectRows.get(subjectKey, subjectRow)
            ? subjectRow.getLong(SubjectLayout.REFERENCE)
            : 0;
    // Somebody who is not stored may hold something all the same.
    boolean holds = reference != 0 && tenant.leases > 0;
    if (!there && !holds) return;
    if (there) {
      state.entityRows.remove(key, row.getLong(Rows.CHECKSUM));
      tenant.entities().remove(name.copy());
      state.entities--;
      // Of an entity, so that the caller can tell it from one that was not there.
      out.units = 1;
    }
    tenant.position++;
    if (holds) Removals.begin(state, tenant, reference, command.getReason(), key, row);
    record.clear(LedgerKind.LEDGER_KIND_ENTITY_REMOVED).subjectRef = reference;
    record.detail.set(command.getReason());
    state.record(tenant, record, 0);
  }

  private @org.jspecify.annotations.Nullable Tenant tenant(int number, Outcome out) {
    Tenant tenant = state.asked(number);
    if (tenant == null) Answers.refused(RefusalReason.REFUSAL_REASON_NOT_FOUND, out);
    return tenant;
  }

  private boolean find(Tenant tenant) {
    EntityLayout.key(key, tenant.number, name);
    return state.entityRows.get(key, row);
  }
}
