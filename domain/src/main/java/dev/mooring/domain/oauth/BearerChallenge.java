package dev.mooring.domain.oauth;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The {@code Bearer} challenge of a 401 or 403 (RFC 6750 section 3, RFC 9728 section 5.1).
 *
 * @param error why a token was refused; absent when none was sent
 * @param scope what the current operation needs; authoritative for it (MCP scope selection)
 * @param resourceMetadata where the protected resource metadata is, as the server spelled it
 */
public record BearerChallenge(
        Optional<OAuthError> error, Scopes scope, Optional<String> resourceMetadata) {

    /** A refusal that says nothing: no challenge, or none for the Bearer scheme. */
    public static final BearerChallenge SILENT =
            new BearerChallenge(Optional.empty(), Scopes.NONE, Optional.empty());

    private static final int MAX_LENGTH = 8192;

    /**
     * The first Bearer challenge among the {@code WWW-Authenticate} fields of one answer. A field
     * may hold several challenges (RFC 9110 section 11.6.1); what does not follow the grammar ends
     * the reading of that field, and nothing is thrown.
     */
    public static BearerChallenge parse(List<String> wwwAuthenticate) {
        for (String field : wwwAuthenticate) {
            if (field.length() <= MAX_LENGTH) {
                for (Challenge challenge : new Reader(field).challenges()) {
                    if (challenge.scheme.equals("bearer")) {
                        return of(challenge.parameters);
                    }
                }
            }
        }
        return SILENT;
    }

    /** Whether more scopes would help (RFC 6750 section 3.1). */
    public boolean asksForMoreScope() {
        return error.equals(Optional.of(OAuthError.INSUFFICIENT_SCOPE));
    }

    private static BearerChallenge of(Map<String, String> parameters) {
        return new BearerChallenge(
                Optional.ofNullable(parameters.get("error")).map(OAuthError::new),
                Scopes.parse(parameters.getOrDefault("scope", "")),
                Optional.ofNullable(parameters.get("resource_metadata")));
    }

    private record Challenge(String scheme, Map<String, String> parameters) {}

    /** Reads {@code scheme [token68 | name=value, ...], scheme ...} from left to right. */
    private static final class Reader {
        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        List<Challenge> challenges() {
            List<Challenge> found = new ArrayList<>();
            while (true) {
                boolean afterComma = skipSeparators();
                String word = token();
                if (word.isEmpty()) {
                    return found;
                }
                skipSpaces();
                if (isNext('=') && !found.isEmpty()) {
                    parameter(found.getLast(), word.toLowerCase(Locale.ROOT));
                } else if (found.isEmpty() || afterComma || !isAtEndOrComma()) {
                    found.add(new Challenge(word.toLowerCase(Locale.ROOT), new LinkedHashMap<>()));
                }
                // Else the word is a token68: it follows its scheme without a comma, and stands
                // alone.
            }
        }

        private void parameter(Challenge challenge, String name) {
            at++;
            skipSpaces();
            if (isNext('"') || isNextOfToken()) {
                // A parameter given twice: the first one counts, as nobody can append to it.
                challenge.parameters.putIfAbsent(name, value());
            } else {
                // The name was a token68, and this is its padding.
                while (isNext('=')) {
                    at++;
                }
            }
        }

        private String value() {
            if (!isNext('"')) {
                return token();
            }
            at++;
            StringBuilder value = new StringBuilder();
            while (at < text.length() && text.charAt(at) != '"') {
                if (text.charAt(at) == '\\' && at + 1 < text.length()) {
                    at++;
                }
                value.append(text.charAt(at));
                at++;
            }
            at = Math.min(at + 1, text.length());
            return value.toString();
        }

        private String token() {
            int start = at;
            while (isNextOfToken()) {
                at++;
            }
            return text.substring(start, at);
        }

        private void skipSpaces() {
            while (isNext(' ') || isNext('\t')) {
                at++;
            }
        }

        /** Whether there was a comma among them. */
        private boolean skipSeparators() {
            boolean comma = false;
            skipSpaces();
            while (isNext(',')) {
                comma = true;
                at++;
                skipSpaces();
            }
            return comma;
        }

        private boolean isAtEndOrComma() {
            return at == text.length() || isNext(',');
        }

        private boolean isNext(char c) {
            return at < text.length() && text.charAt(at) == c;
        }

        /** RFC 9110 tchar, and the characters of token68 that real servers leave unquoted. */
        private boolean isNextOfToken() {
            if (at == text.length()) {
                return false;
            }
            char c = text.charAt(at);
            return (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || "!#$%&'*+-.^_`|~/:".indexOf(c) >= 0;
        }
    }
}
