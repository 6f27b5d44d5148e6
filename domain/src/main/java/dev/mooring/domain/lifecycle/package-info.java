/**
 * The life cycle, one type per state. Four small things, each with a row of its own: the {@link
 * dev.mooring.domain.lifecycle.McpClient}, the {@link
 * dev.mooring.domain.lifecycle.AuthorizationAttempt} (one walk of a person through the consent
 * page), the {@link dev.mooring.domain.lifecycle.Grant} (the tokens of one consent) and the {@link
 * dev.mooring.domain.lifecycle.Registration} (our client at one issuer). A transition is a method
 * that exists only on the state where it is legal, takes what it needs and returns the next state;
 * each diagram stands on its sealed interface.
 */
@NullMarked
package dev.mooring.domain.lifecycle;

import org.jspecify.annotations.NullMarked;
