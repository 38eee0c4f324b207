package dev.tallygate.raft;

/** Translates our configuration into that of Ratis, with the settings that were measured. */
final class RatisSettings {

  /** Most bytes of one entry; what one AppendEntries may carry leaves room for several. */
  static final int ENTRY_BYTES_MAX = 3 << 20;

  private RatisSettings() {}
}
