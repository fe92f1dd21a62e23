package config

import (
	"slices"
	"strings"
)

// SignInKind is a sign-in method of Tableau.
type SignInKind int

const (
	// SignInToken is a personal access token.
	SignInToken SignInKind = iota + 1
	// SignInPassword is a user with a password.
	SignInPassword
	// SignInConnectedApp is a connected app with direct trust, which signs in as a user.
	SignInConnectedApp
)

// SignIn is a sign-in method with all its inputs. Kind determines which fields are set.
//
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_authentication.htm#sign_in
type SignIn struct {
	Kind SignInKind

	// TokenName and TokenValue belong to SignInToken.
	TokenName  string
	TokenValue Secret

	// Username belongs to SignInPassword, and to SignInConnectedApp as the user whom it signs in as.
	Username string
	// Password belongs to SignInPassword.
	Password Secret

	// ClientID, SecretID and SecretValue belong to SignInConnectedApp.
	ClientID, SecretID string
	SecretValue        Secret
}

// signIn reads the sign-in method. Inputs of a second one are invalid, even if they are incomplete, because it would be
// unclear which user the step signs in as.
func (l *loader) signIn() SignIn {
	s := SignIn{
		TokenName:   l.singleLine("tableau-token-name"),
		TokenValue:  l.token("tableau-token-value"),
		Username:    l.singleLine("tableau-username"),
		Password:    l.password("tableau-password"),
		ClientID:    l.singleLine("tableau-connected-app-client-id"),
		SecretID:    l.singleLine("tableau-connected-app-secret-id"),
		SecretValue: l.token("tableau-connected-app-secret-value"),
	}
	kinds := l.signInKinds()
	switch len(kinds) {
	case 0:
		l.invalid("tableau-token-name", "", "a sign-in method is required: tableau-token-name and tableau-token-value, "+
			"tableau-username and tableau-password, or the tableau-connected-app inputs with tableau-username")
		return s
	case 1:
		s.Kind = kinds[0]
		l.requireSignIn(s.Kind)
		return s
	}
	l.rejectMixedSignIn(kinds)
	return s
}

// rejectMixedSignIn adds an error for each input that belongs to another sign-in method than the first.
func (l *loader) rejectMixedSignIn(kinds []SignInKind) {
	first := l.setInputs(kinds[0])
	for _, kind := range kinds[1:] {
		for _, name := range l.setInputs(kind) {
			if !slices.Contains(first, name) {
				l.invalid(name, "", "can't be combined with %s. Use exactly one sign-in method", strings.Join(first, ", "))
			}
		}
	}
}

// signInKinds returns the sign-in methods that have inputs of their own. tableau-username belongs to two methods; on its
// own, it counts as SignInPassword.
func (l *loader) signInKinds() []SignInKind {
	var kinds []SignInKind
	for _, kind := range []SignInKind{SignInToken, SignInConnectedApp, SignInPassword} {
		own := slices.DeleteFunc(l.setInputs(kind), func(name string) bool { return name == "tableau-username" })
		if len(own) > 0 {
			kinds = append(kinds, kind)
		}
	}
	if l.isSet("tableau-username") && !slices.Contains(kinds, SignInConnectedApp) && !slices.Contains(kinds, SignInPassword) {
		kinds = append(kinds, SignInPassword)
	}
	return kinds
}

func (l *loader) requireSignIn(kind SignInKind) {
	with := " with " + strings.Join(l.setInputs(kind), ", ")
	for _, name := range signInInputs(kind) {
		l.require(name, with)
	}
}

func (l *loader) setInputs(kind SignInKind) []string {
	return slices.DeleteFunc(signInInputs(kind), func(name string) bool { return !l.isSet(name) })
}

func signInInputs(kind SignInKind) []string {
	switch kind {
	case SignInToken:
		return []string{"tableau-token-name", "tableau-token-value"}
	case SignInPassword:
		return []string{"tableau-username", "tableau-password"}
	case SignInConnectedApp:
		return []string{
			"tableau-username", "tableau-connected-app-client-id",
			"tableau-connected-app-secret-id", "tableau-connected-app-secret-value",
		}
	default:
		return nil
	}
}
