"""Other people's packages from npm, for tests: exactly what a lock file says."""
import json
import os
import shutil
import subprocess
import tempfile

BUILD = os.environ.get("TOP_BUILDDIR", "build")


def _has(folder, package, version):
    try:
        with open(os.path.join(folder, "node_modules", package,
                               "package.json")) as f:
            return json.load(f)["version"] == version
    except (OSError, ValueError, KeyError):
        return False


def install(locked, package, version, into):
    """Install what package.json and package-lock.json in the folder `locked`
    name, below the build folder, once.

    @return (folder with node_modules, None), or (None, why not)"""
    folder = os.path.join(BUILD, into)
    if not shutil.which("node") or not shutil.which("npm"):
        return None, "node and npm are not installed"
    if _has(folder, package, version):
        return folder, None
    new = tempfile.mkdtemp(prefix="npm-", dir=BUILD)
    try:
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(os.path.join(locked, name),
                            os.path.join(new, name))
        run = subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts",
             "--prefer-offline", "--fetch-retries=1", "--fetch-timeout=60000"],
            cwd=new, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=400)
        if run.returncode != 0:
            lines = (run.stderr or run.stdout).strip().splitlines()
            return None, "npm ci failed: " + (lines[0] if lines else "?")
        if not _has(new, package, version):
            return None, f"npm did not install {package} {version}"
        shutil.rmtree(folder, ignore_errors=True)
        os.rename(new, folder)
        return folder, None
    except (OSError, subprocess.TimeoutExpired) as e:
        return None, f"npm ci failed: {e}"
    finally:
        shutil.rmtree(new, ignore_errors=True)


def told(script, *args):
    """Run a script that prints an object a line, each with the name of its step.

    @return (what ran, the objects by their step; of a step the last)"""
    run = subprocess.run(["node", script, *args], capture_output=True,
                         text=True, timeout=120)
    lines = (json.loads(x) for x in run.stdout.splitlines()
             if x.startswith("{"))
    return run, {x["step"]: x for x in lines}
