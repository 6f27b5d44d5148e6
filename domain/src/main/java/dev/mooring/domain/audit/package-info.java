/**
 * The audit trail: what happened, who did it, from where, and how it came out. What is recorded
 * outlives all that it tells of, so it names things by their ids and holds no secret.
 */
@NullMarked
package dev.mooring.domain.audit;

import org.jspecify.annotations.NullMarked;
