/**
 * A real PostgreSQL server as a child process, for a Mooring that was given no database: unpacked
 * from the class path, durable, reached by password over loopback only, and gone when Mooring is
 * gone.
 */
@NullMarked
package dev.mooring.adapter.persistence.embedded;

import org.jspecify.annotations.NullMarked;
