/** Certificates, keys and whom to trust: read from files, checked before anything listens. */
@NullMarked
package dev.tallygate.server.tls;

import org.jspecify.annotations.NullMarked;
