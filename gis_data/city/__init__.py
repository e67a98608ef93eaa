"""The city as a versioned bundle (docs/city.md): `bundle` holds it, `check` judges it, `demo` invents one,
`imports` make a new one out of the present one and a file, `versions` keep and switch them."""
