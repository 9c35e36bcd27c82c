"""`python -m tollgate > docs/api.md`: the page of the public names."""

from tollgate.page import render

if __name__ == "__main__":
    print(render(), end="")
