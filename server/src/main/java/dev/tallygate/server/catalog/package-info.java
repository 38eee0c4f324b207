/**
 * The catalog: entitlements as people write them, in YAML, and as the log carries them. Reading and
 * writing the text needs no node; the service puts it into the log.
 */
@NullMarked
package dev.tallygate.server.catalog;

import org.jspecify.annotations.NullMarked;
