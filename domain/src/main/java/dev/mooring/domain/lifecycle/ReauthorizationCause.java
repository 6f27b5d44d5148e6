package dev.mooring.domain.lifecycle;

import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.Scopes;

/**
 * Why there is no grant any more: a person must consent again, or, where no person is needed, an
 * operator must do something.
 */
public sealed interface ReauthorizationCause {
    /** The authorization server refused the refresh token, or there is none and the token ended. */
    record RefreshRefused(OAuthError error) implements ReauthorizationCause {}

    /**
     * The authorization server, or the identity provider, refused to grant what needs no person.
     */
    record GrantRefused(OAuthError error) implements ReauthorizationCause {}

    /** The answers of a refresh and of its one repetition were lost. */
    record AnswerLost() implements ReauthorizationCause {}

    /** The MCP server refused a token that should be good. */
    record TokenRefused() implements ReauthorizationCause {}

    /** The MCP server wants these scopes, which the grant lacks (step-up). */
    record ScopeNeeded(Scopes scopes) implements ReauthorizationCause {}

    /** An operator revoked the grant. */
    record Revoked() implements ReauthorizationCause {}

    /** An operator changed what the grant was issued for. */
    record SettingsChanged() implements ReauthorizationCause {}

    /** The {@code cause} of the HTTP contract and of the trail. */
    default String word() {
        return switch (this) {
            case RefreshRefused refused -> "refresh_refused";
            case GrantRefused refused -> "grant_refused";
            case AnswerLost lost -> "answer_lost";
            case TokenRefused refused -> "token_refused";
            case ScopeNeeded needed -> "scope_needed";
            case Revoked revoked -> "revoked";
            case SettingsChanged changed -> "settings_changed";
        };
    }

    /**
     * Whether a new consent should ask for what was granted before, too (MCP scope selection): not
     * where an operator took the grant away, or decides anew what it is for.
     */
    default boolean keepsScopes() {
        return switch (this) {
            case RefreshRefused refused -> true;
            case GrantRefused refused -> true;
            case AnswerLost lost -> true;
            case TokenRefused refused -> true;
            case ScopeNeeded needed -> true;
            case Revoked revoked -> false;
            case SettingsChanged changed -> false;
        };
    }

    /** Whether an operator wanted it, and no server had a word in it. */
    default boolean isOfOperator() {
        return switch (this) {
            case RefreshRefused refused -> false;
            case GrantRefused refused -> false;
            case AnswerLost lost -> false;
            case TokenRefused refused -> false;
            case ScopeNeeded needed -> false;
            case Revoked revoked -> true;
            case SettingsChanged changed -> true;
        };
    }
}
