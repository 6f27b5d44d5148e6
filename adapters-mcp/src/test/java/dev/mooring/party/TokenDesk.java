package dev.mooring.party;

import com.fasterxml.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The codes and tokens of an authorization server. All tokens that descend from one consent are a
 * family: replaying its code or a rotated refresh token ends it as a whole.
 */
final class TokenDesk {

    private static final class Family {
        private final RegisteredClient client;
        private final String resource;
        private final Set<String> scopes;
        private final String announcedKey;
        private Optional<String> key = Optional.empty();
        private boolean ended;

        Family(RegisteredClient client, String resource, Set<String> scopes, String announcedKey) {
            this.client = client;
            this.resource = resource;
            this.scopes = scopes;
            this.announcedKey = announcedKey;
        }
    }

    private static final class Code {
        private final Family family;
        private final String redirectUri;
        private final String challenge;
        private int redemptions;

        Code(Family family, String redirectUri, String challenge) {
            this.family = family;
            this.redirectUri = redirectUri;
            this.challenge = challenge;
        }
    }

    private static final class RefreshToken {
        private final Family family;
        private boolean rotated;

        RefreshToken(Family family) {
            this.family = family;
        }
    }

    private record AccessToken(Family family, Set<String> scopes, Instant expiresAt) {}

    private final Map<String, Code> codes = new HashMap<>();
    private final Map<String, RefreshToken> refreshTokens = new HashMap<>();
    private final Map<String, AccessToken> accessTokens = new HashMap<>();
    private final List<String> revoked = new ArrayList<>();
    private final boolean refreshable;
    private Duration lifetime;

    TokenDesk(Duration lifetime, boolean refreshable) {
        this.lifetime = lifetime;
        this.refreshable = refreshable;
    }

    synchronized String issueCode(
            RegisteredClient client,
            String redirectUri,
            String challenge,
            String resource,
            Set<String> scopes,
            String announcedKey) {
        String code = KnownSecrets.remember("code-" + UUID.randomUUID());
        codes.put(
                code,
                new Code(
                        new Family(client, resource, scopes, announcedKey),
                        redirectUri,
                        challenge));
        return code;
    }

    synchronized Answer redeem(RegisteredClient client, Parameters form, Optional<String> key) {
        Code code =
                Optional.ofNullable(codes.get(form.text("code")))
                        .orElseThrow(() -> invalidGrant("This code was never issued."));
        code.redemptions++;
        if (code.redemptions > 1) {
            // RFC 6749 §4.1.2: a code that comes twice may be stolen, so what it gave is taken
            // back.
            code.family.ended = true;
            throw invalidGrant("This code was already redeemed.");
        }
        refuseGrantUnless(isOf(client, code.family), "This code belongs to another client.");
        refuseGrantUnless(
                code.redirectUri.equals(form.text("redirect_uri")),
                "The redirect URI differs from the authorization request.");
        // RFC 7636 §4.6: BASE64URL(SHA256(verifier)) must be the challenge.
        refuseGrantUnless(
                code.challenge.equals(s256(form.text("code_verifier"))),
                "The code verifier does not fit the challenge.");
        refuseOtherResource(code.family, form);
        // RFC 9449 §10: a code whose key was announced is good only with that key.
        refuseGrantUnless(
                code.family.announcedKey.isEmpty()
                        || key.equals(Optional.of(code.family.announcedKey)),
                "The code is bound to another key.");
        code.family.key = key;
        return issue(code.family, code.family.scopes);
    }

    synchronized Answer refresh(RegisteredClient client, Parameters form, Optional<String> key) {
        RefreshToken token =
                Optional.ofNullable(refreshTokens.get(form.text("refresh_token")))
                        .orElseThrow(() -> invalidGrant("This refresh token was never issued."));
        refuseGrantUnless(isOf(client, token.family), "This token belongs to another client.");
        if (token.rotated) {
            // OAuth 2.1 §4.3.1: a rotated refresh token that comes again ends the family.
            token.family.ended = true;
        }
        refuseGrantUnless(!token.family.ended, "This grant has ended.");
        refuseOtherResource(token.family, form);
        // RFC 9449 §5, for public clients; a good client keeps its key in any case.
        refuseGrantUnless(
                token.family.key.equals(key), "The refresh token is bound to another key.");
        Set<String> scopes =
                form.first("scope").isEmpty() ? token.family.scopes : form.words("scope");
        OAuthRefusal.unless(
                token.family.scopes.containsAll(scopes),
                "invalid_scope",
                "A refresh cannot widen the scopes.");
        token.rotated = true;
        return issue(token.family, scopes);
    }

    /** A grant for which nobody had to consent: it is simply asked for again (RFC 6749 §4.4.3). */
    synchronized Answer grant(
            RegisteredClient client, String resource, Set<String> scopes, Optional<String> key) {
        Family family = new Family(client, resource, scopes, "");
        family.key = key;
        return Answer.json(200, accessToken(family, scopes)).with("Cache-Control", "no-store");
    }

    /** RFC 7009 §2.1: a refresh token takes its whole family along; unknown tokens are fine. */
    synchronized Answer revoke(RegisteredClient client, Parameters form) {
        String token = form.first("token").orElseThrow(() -> noParameter("token"));
        revoked.add(token);
        Optional.ofNullable(refreshTokens.get(token))
                .filter(known -> isOf(client, known.family))
                .ifPresent(known -> known.family.ended = true);
        Optional.ofNullable(accessTokens.get(token))
                .filter(known -> isOf(client, known.family))
                .ifPresent(known -> accessTokens.remove(token));
        return Answer.empty(200);
    }

    synchronized Optional<IssuedToken> lookUp(String accessToken) {
        return Optional.ofNullable(accessTokens.get(accessToken))
                .filter(token -> !token.family.ended && Instant.now().isBefore(token.expiresAt))
                .map(token ->
                        new IssuedToken(
                                token.family.client.clientId(),
                                token.scopes,
                                token.family.resource,
                                token.expiresAt,
                                token.family.key));
    }

    synchronized int redemptions() {
        return codes.values().stream().mapToInt(code -> code.redemptions).sum();
    }

    synchronized int mostRedemptionsOfOneCode() {
        return codes.values().stream().mapToInt(code -> code.redemptions).max().orElse(0);
    }

    synchronized List<String> revoked() {
        return List.copyOf(revoked);
    }

    synchronized long refreshableGrants() {
        return refreshTokens.values().stream()
                .filter(token -> !token.rotated && !token.family.ended)
                .count();
    }

    synchronized void expireAccessTokens() {
        accessTokens.replaceAll(
                (value, token) -> new AccessToken(token.family, token.scopes, Instant.EPOCH));
    }

    synchronized void endGrants() {
        codes.values().forEach(code -> code.family.ended = true);
    }

    synchronized void lifetime(Duration newLifetime) {
        lifetime = newLifetime;
    }

    private Answer issue(Family family, Set<String> scopes) {
        ObjectNode answer = accessToken(family, scopes);
        if (refreshable && family.client.grantTypes().contains("refresh_token")) {
            String refreshToken = KnownSecrets.remember("refresh-" + UUID.randomUUID());
            refreshTokens.put(refreshToken, new RefreshToken(family));
            answer.put("refresh_token", refreshToken);
        }
        return Answer.json(200, answer).with("Cache-Control", "no-store");
    }

    private ObjectNode accessToken(Family family, Set<String> scopes) {
        String accessToken = KnownSecrets.remember("access-" + UUID.randomUUID());
        accessTokens.put(
                accessToken, new AccessToken(family, scopes, Instant.now().plus(lifetime)));
        ObjectNode answer = Answer.JSON.createObjectNode();
        answer.put("access_token", accessToken);
        answer.put("token_type", family.key.isPresent() ? "DPoP" : "Bearer");
        answer.put("expires_in", lifetime.toSeconds());
        answer.put("scope", String.join(" ", scopes));
        return answer;
    }

    private static boolean isOf(RegisteredClient client, Family family) {
        return family.client.clientId().equals(client.clientId());
    }

    // RFC 8707 §2.2: the token request names the resource that the person consented to.
    private static void refuseOtherResource(Family family, Parameters form) {
        OAuthRefusal.unless(
                family.resource.isEmpty() || family.resource.equals(form.text("resource")),
                "invalid_target",
                "The resource differs from the authorization request.");
    }

    private static void refuseGrantUnless(boolean holds, String description) {
        OAuthRefusal.unless(holds, "invalid_grant", description);
    }

    private static OAuthRefusal invalidGrant(String description) {
        return OAuthRefusal.of("invalid_grant", description);
    }

    private static OAuthRefusal noParameter(String name) {
        return OAuthRefusal.of("invalid_request", "The parameter " + name + " is missing.");
    }

    private static String s256(String verifier) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256")
                            .digest(verifier.getBytes(StandardCharsets.US_ASCII));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
        } catch (NoSuchAlgorithmException everyPlatformHasIt) {
            throw new IllegalStateException(everyPlatformHasIt);
        }
    }
}
