package config

import (
	"slices"
	"strings"
)

// SignInKind is the way to sign in to Tableau.
type SignInKind int

const (
	// SignInToken is a personal access token.
	SignInToken SignInKind = iota + 1
	// SignInPassword is a user with a password.
	SignInPassword
	// SignInConnectedApp is a connected app with direct trust that acts as a user.
	SignInConnectedApp
)

// SignIn is one complete way to sign in. Kind says which fields are set.
//
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_authentication.htm#sign_in
type SignIn struct {
	Kind SignInKind

	// TokenName and TokenValue belong to SignInToken.
	TokenName  string
	TokenValue Secret

	// Username belongs to SignInPassword, and to SignInConnectedApp as the user it acts as.
	Username string
	// Password belongs to SignInPassword.
	Password Secret

	// ClientID, SecretID and SecretValue belong to SignInConnectedApp.
	ClientID, SecretID string
	SecretValue        Secret
}

// signIn reads the one way to sign in. Parts of a second way are a mistake even when
// they are incomplete: nobody could tell as whom the step then acts.
func (l *loader) signIn() SignIn {
	s := SignIn{
		TokenName:   l.line("tableau-token-name"),
		TokenValue:  l.token("tableau-token-value"),
		Username:    l.line("tableau-username"),
		Password:    l.password("tableau-password"),
		ClientID:    l.line("tableau-connected-app-client-id"),
		SecretID:    l.line("tableau-connected-app-secret-id"),
		SecretValue: l.token("tableau-connected-app-secret-value"),
	}
	ways := l.waysToSignIn()
	switch len(ways) {
	case 0:
		l.problem("tableau-token-name", "", "one way to sign in is required: tableau-token-name and -value, "+
			"tableau-username and -password, or the tableau-connected-app inputs with tableau-username")
		return s
	case 1:
		s.Kind = ways[0]
		l.completeSignIn(s.Kind)
		return s
	}
	l.refuseMixed(ways)
	return s
}

// refuseMixed names what belongs to every way but the first.
func (l *loader) refuseMixed(ways []SignInKind) {
	first := l.givenOf(ways[0])
	for _, kind := range ways[1:] {
		for _, name := range l.givenOf(kind) {
			if !slices.Contains(first, name) {
				l.problem(name, "", "can't be combined with %s: give exactly one way to sign in", strings.Join(first, ", "))
			}
		}
	}
}

// waysToSignIn tells which ways have an input of their own. tableau-username belongs
// to two ways; on its own it is the beginning of a user with a password.
func (l *loader) waysToSignIn() []SignInKind {
	var ways []SignInKind
	for _, kind := range []SignInKind{SignInToken, SignInConnectedApp, SignInPassword} {
		own := slices.DeleteFunc(l.givenOf(kind), func(name string) bool { return name == "tableau-username" })
		if len(own) > 0 {
			ways = append(ways, kind)
		}
	}
	if l.given("tableau-username") && !slices.Contains(ways, SignInConnectedApp) && !slices.Contains(ways, SignInPassword) {
		ways = append(ways, SignInPassword)
	}
	return ways
}

func (l *loader) completeSignIn(kind SignInKind) {
	with := " with " + strings.Join(l.givenOf(kind), ", ")
	for _, name := range signInInputs(kind) {
		l.require(name, with)
	}
}

func (l *loader) givenOf(kind SignInKind) []string {
	return slices.DeleteFunc(signInInputs(kind), func(name string) bool { return !l.given(name) })
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
