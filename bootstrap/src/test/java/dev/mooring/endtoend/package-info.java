/**
 * Drives the packaged service from outside, as its users do: the service is a process, its callers
 * and the browser speak HTTP, and the servers on its other side are real ones from public packages
 * or the strict ones of {@code dev.mooring.party}.
 */
@NullMarked
package dev.mooring.endtoend;

import org.jspecify.annotations.NullMarked;
