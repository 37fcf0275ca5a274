from __future__ import annotations

import shlex

import pytest

from codex.core.safety.trusted import is_trusted

TRUSTED = """
tail -n 5 f
tail -5 f
cat README.md
/bin/cat README.md
/usr/bin/head -n 5 f
cd src
echo hello
true
false
nl f
ls -la /etc
grep -rn "TODO" .
wc -l f
which python3
stat f
tac f
base64 f
base64 -d f
base64 -w0 f
base64 -w 0 f
sort f
sort -rn -k2,2n -t, f
sort -t , -k 2 f
uniq -c
uniq f
uniq -c -
uniq -f1 f
find . -name '*.py' -type f
find . -mtime -7 -size +10k
find . -newermt 2026-01-01 -perm -644
find . '(' -name a -o -name b ')' -not -path './x/*' -prune -print0
rg -n foo src
rg -e foo --glob '*.py'
rg --files
sed -n 1,200p f
sed -n 5p f
sed -n 5p
git status
git status --short --branch
git --no-pager log --oneline -5
git -C sub diff --stat HEAD
git show HEAD:README.md
git diff --no-ext-diff --no-textconv
git log --output-indicator-new=x
git rev-parse --show-toplevel
git ls-files -o --exclude-standard
git blame -L 1,5 f
git branch
git branch -a -vv
git branch --show-current
git branch --list 'feature/*'
git branch --sort=-committerdate --format='%(refname:short)'
git branch --contains=HEAD
""".strip().splitlines()

UNTRUSTED = """
make
rm f
/tmp/cat f
./cat f
bin/cat f
sudo cat f
env cat f
xargs cat
printf -v 'a[$(id)]' x
test -v 'a[$(id)]'
python3 -c pass
cargo check
tee f
date
tree -o f
base64 -o f
base64 --output=f
base64 -Do f
sort -o f f
sort -no f f
sort --output=f
sort --compress-program=./x f
sort -T . f
sort -S 1 f
uniq a b
uniq - b
uniq -c a b
uniq -f 1 a b
find . -exec rm {} ;
find . -execdir rm {} ;
find . -ok rm {} ;
find . -okdir rm {} ;
find . -delete
find . -fls f
find . -fprint f
find . -fprint0 f
find . -fprintf f x
find . -files0-from f
find -D exec .
find . -newestfeature
rg --pre ./x foo
rg --pre=./x foo
rg -e -- --pre=./x foo
rg --hostname-bin ./x foo
rg --hostname-bin=./x foo
rg --search-zip foo
rg -z foo
rg -nz foo
sed -n 1p -fSCRIPT
sed -n 1p --expression=w
sed -n 1p ''
sed -n 1w f
sed -n 1,p f
sed -n '1,5{p;e}' f
sed -n 1p f g
sed 1p f
sed -i s/a/b/ f
sed -n
git
git -C
git commit -m x
git push
git -c core.pager=./x log
git -ccore.pager=./x log
git --config-env=a=b log
git --exec-path=. status
git --git-dir=. status
git --paginate log
git -p log
git diff --output=f
git diff --output f
git diff --outp=f
git log --ext-diff -p
git log --ext -p
git show --textconv HEAD
git log --show-signature
git log --show-sig
git log --format=%G?
git log --format=%+G?
git log '--format=% GS'
git branch --format=%(signature)
git branch --list --format=%(*signature:signer)
tail -f f
tail -n5f f
tail -F f
tail --follow=name f
tail --fol f
tail --retry f
git status --help
git branch new
git branch -d old
git branch -D old
git branch -m a b
git branch -v new
git branch --list -D old
git branch --edit-description
git branch --contains HEAD new
git branch --set-upstream-to=x
git tag
git grep -O foo
git reflog expire
git config core.pager x
git fetch
git remote add a b
""".strip().splitlines()


@pytest.mark.parametrize("line", TRUSTED)
def test_readers_are_trusted(line: str) -> None:
    argv = shlex.split(line)
    assert is_trusted(argv)
    for shell in (["bash", "-lc"], ["/bin/sh", "-c"], ["zsh", "-lc"]):
        assert is_trusted([*shell, shlex.join(argv)])


@pytest.mark.parametrize("line", UNTRUSTED)
def test_everything_else_is_not(line: str) -> None:
    argv = shlex.split(line)
    assert not is_trusted(argv)
    assert not is_trusted(["bash", "-lc", shlex.join(argv)])


@pytest.mark.parametrize(
    "script",
    [
        "ls && pwd",
        "cat a | grep b | wc -l",
        "cd src; ls || true",
        "ls\npwd\n",
        "sed -n '1,5p' f",
        'grep -R "Cargo.toml" -n',
        "git log --oneline | head -n 5",
    ],
)
def test_scripts_of_readers_are_trusted(script: str) -> None:
    assert is_trusted(["bash", "-lc", script])


@pytest.mark.parametrize(
    "script",
    [
        "ls && rm f",
        "ls | tee f",
        "ls; make",
        "ls &",
        "ls > f",
        "ls >> f",
        "cat < f",
        "echo $(rm f)",
        "echo `rm f`",
        "echo $HOME",
        "ls *",
        "cat ~/.ssh/id_rsa",
        "(ls)",
        "{ ls; }",
        "! ls",
        "PATH=. ls",
        "find . -ex\\ec touch X \\;",
        "find . '-del''ete'",
        "find . -exe?",
        "rg --p\\re=./x foo",
        "if true; then ls; fi",
        "time ls",
        "",
        "  ",
        "#ls",
    ],
)
def test_scripts_with_anything_else_are_not(script: str) -> None:
    assert not is_trusted(["bash", "-lc", script])


@pytest.mark.parametrize(
    "argv",
    [
        ["./bash", "-c", "ls"],
        ["/tmp/sh", "-lc", "ls"],
        [],
        [""],
        ["bash"],
        ["bash", "-lc"],
        ["bash", "-lc", "ls", "x"],
        ["bash", "-ic", "ls"],
    ],
)
def test_odd_commands_are_not(argv: list[str]) -> None:
    assert not is_trusted(argv)
