/**
 * A model checker for the protocol by which several nodes share attempts, grants and connections.
 * There is no model of the protocol: the use cases themselves run, one step of one node at a time,
 * in every order in which the steps can come, with crashes, lost answers and leases that run out
 * thrown in, and every state that is reached is held against the rules.
 */
@NullMarked
package dev.mooring.application.modelcheck;

import org.jspecify.annotations.NullMarked;
