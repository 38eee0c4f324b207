/**
 * The processes under test: our cluster, etcd, and a bare echo; all on loopback, all started here.
 */
@NullMarked
package dev.tallygate.loadtest.peer;

import org.jspecify.annotations.NullMarked;
