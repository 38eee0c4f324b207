package dev.tallygate.raft.state;

/**
 * What stands under each label. A lease stands under the labels of the request that gave it its
 * token, from then until nothing of it can be released any more, in the order of tokens.
 *
 * <p>A hash table has no order and no ranges, so the leases of a label are a doubly linked list of
 * rows: adding one and taking one out touch three rows, however many there are. A heap structure
 * would be faster to walk and have to be rebuilt; nobody walks on a hot path.
 */
final class Labels {
  private final Rows rows;
  private final Bytes key = new Bytes(64);
  private final Bytes list = new Bytes(LabelLayout.LIST_BYTES);
  private final Bytes link = new Bytes(LabelLayout.LINK_BYTES);
  private final Bytes other = new Bytes(LabelLayout.LINK_BYTES);
  private long count;

  Labels(Rows rows) {
    this.rows = rows;
  }

  /** Rows, of lists and of leases. */
  long count() {
    return count;
  }

  void restored() {
    count++;
  }

  /** Puts a lease under the labels of its row, behind everything that stands there. */
  void add(int tenant, long lease, Bytes leaseRow) {
    int at = LeaseLayout.labelsAt(leaseRow);
    for (int left = leaseRow.getByte(LeaseLayout.LABELS); left > 0; left--) {
      int length = leaseRow.getByte(at);
      LabelLayout.listKey(key, tenant, leaseRow.array(), at + 1, length);
      append(lease);
      at += 1 + length;
    }
  }

  /**
   * Takes a lease from under labels.
   *
   * @param labels as they stand in a lease row: each with its length before it
   */
  void remove(int tenant, long lease, Bytes labels) {
    for (int at = 0; at < labels.length(); at += 1 + labels.getByte(at)) {
      LabelLayout.listKey(key, tenant, labels.array(), at + 1, labels.getByte(at));
      cut(lease);
    }
  }

  private void append(long lease) {
    boolean isNew = !rows.get(key, list);
    long last = isNew ? 0 : list.getLong(LabelLayout.LAST);
    if (isNew) {
      list.length(LabelLayout.LIST_BYTES).setLong(LabelLayout.FIRST, lease);
      list.setLong(LabelLayout.LEASES, 0);
    } else {
      point(last, LabelLayout.AFTER, lease);
    }
    link.length(LabelLayout.LINK_BYTES).setLong(LabelLayout.BEFORE, last);
    link.setLong(LabelLayout.AFTER, 0);
    rows.insert(LabelLayout.of(key, lease), link);
    list.setLong(LabelLayout.LAST, lease);
    list.setLong(LabelLayout.LEASES, list.getLong(LabelLayout.LEASES) + 1);
    LabelLayout.of(key, 0);
    if (isNew) rows.insert(key, list);
    else rows.update(key, list, list.getLong(Rows.CHECKSUM));
    count += isNew ? 2 : 1;
  }

  private void cut(long lease) {
    need(rows.get(key, list));
    need(rows.get(LabelLayout.of(key, lease), link));
    rows.remove(key, link.getLong(Rows.CHECKSUM));
    count--;
    long before = link.getLong(LabelLayout.BEFORE);
    long after = link.getLong(LabelLayout.AFTER);
    if (before == 0) list.setLong(LabelLayout.FIRST, after);
    else point(before, LabelLayout.AFTER, after);
    if (after == 0) list.setLong(LabelLayout.LAST, before);
    else point(after, LabelLayout.BEFORE, before);
    list.setLong(LabelLayout.LEASES, list.getLong(LabelLayout.LEASES) - 1);
    LabelLayout.of(key, 0);
    if (list.getLong(LabelLayout.LEASES) > 0) {
      rows.update(key, list, list.getLong(Rows.CHECKSUM));
    } else {
      rows.remove(key, list.getLong(Rows.CHECKSUM));
      count--;
    }
  }

  private void point(long lease, int field, long to) {
    need(rows.get(LabelLayout.of(key, lease), other));
    other.setLong(field, to);
    rows.update(key, other, other.getLong(Rows.CHECKSUM));
  }

  /** The lease that has stood under a label for longest; 0 where there is none. */
  long first(int tenant, byte[] label) {
    LabelLayout.listKey(key, tenant, label, 0, label.length);
    return rows.get(key, list) ? list.getLong(LabelLayout.FIRST) : 0;
  }

  /** The lease that stands under it for the shortest time; 0 where there is none. */
  long last(int tenant, byte[] label) {
    LabelLayout.listKey(key, tenant, label, 0, label.length);
    return rows.get(key, list) ? list.getLong(LabelLayout.LAST) : 0;
  }

  /** The one after it; 0 where it is the last. */
  long after(int tenant, byte[] label, long lease) {
    LabelLayout.listKey(key, tenant, label, 0, label.length);
    need(rows.get(LabelLayout.of(key, lease), link));
    return link.getLong(LabelLayout.AFTER);
  }

  private static void need(boolean found) {
    if (!found) throw new CorruptStateException("a label's list is broken");
  }
}
