"""The checker itself: it accepts a lawful tree and names every planted violation."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import structure

LAWFUL = {
    "CMakeLists.txt": (
        "tailor_room(kernels LIBRARIES ${X})\n"
        "tailor_room(tensor KNOWS kernels)\n"
        "tailor_room(layers KNOWS tensor)\n"
        "tailor_room(optim KNOWS tensor)\n"
        "tailor_room(io KNOWS layers optim LIBRARIES ${X})\n"
    ),
    "kernels/api/shape.h": "#include <vector>\n",
    "kernels/cpu/pool.h": '#include "kernels/api/shape.h"\n#include <dnnl.hpp>\n',
    "kernels/cpu/pool.cpp": '#include "kernels/cpu/pool.h"\n',
    "kernels/reference/loops.h": "",
    "kernels/simt/runner.h": "",
    "kernels/cuda/launch.h": '#include "kernels/simt/runner.h"\n',
    "tensor/planted.cu": '#include "kernels/cuda/launch.h"\n',
    "tensor/tensor.h": '#include "kernels/api/shape.h"\n',
    "layers/module.h": '#include "tensor/tensor.h"\n#include "kernels/api/shape.h"\n',
    "optim/adam.h": '#include "tensor/tensor.h"\n',
    "io/file.h": '#include "layers/module.h"\n#include "tensor/tensor.h"\n',
    "tests/support/helper.h": "",
    "tests/io/file_test.cpp": '#include "tests/support/helper.h"\n#include "kernels/cpu/pool.h"\n',
    "apps/main.cpp": '#include "io/file.h"\n#include "optim/adam.h"\n',
    "tests/golden/table.csv": "a\tb \n",
    "picture.png": "\0\t \n",
}


class StructureTest(unittest.TestCase):
    def check(self, planted=None):
        tree = LAWFUL | (planted or {})
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for path, text in tree.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
            return list(structure.violations(root, tree))

    def assert_found(self, path, text, message):
        self.assertEqual(self.check({path: text}), [message])

    def test_accepts_a_lawful_tree(self):
        self.assertEqual(self.check(), [])

    def test_a_room_that_is_not_known(self):
        for path, include in [
            ("tensor/up.cpp", "layers/module.h"),
            ("layers/side.cpp", "optim/adam.h"),
            ("optim/up.cpp", "io/file.h"),
            ("optim/program.cpp", "apps/main.cpp"),
            ("io/test.cpp", "tests/support/helper.h"),
        ]:
            room = path.split("/")[0]
            self.assert_found(
                path, f'\n#include "{include}"\n', f'{path}:2: {room} may not include "{include}"'
            )

    def test_a_table_that_cannot_be_read(self):
        self.assertIn(
            "CMakeLists.txt: expected tailor_room(...) lines, got none",
            self.check({"CMakeLists.txt": "TAILOR_ROOM(tensor)\n"}),
        )

    def test_walls_inside_kernels(self):
        for path, include in [
            ("kernels/api/down.cpp", "kernels/cpu/pool.h"),
            ("kernels/cpu/side.cpp", "kernels/reference/loops.h"),
            ("kernels/reference/up.cpp", "tensor/tensor.h"),
            ("kernels/api/up.cpp", "tensor/tensor.h"),
            ("tensor/inside.cpp", "kernels/cpu/pool.h"),
            ("io/inside.cpp", "kernels/reference/loops.h"),
            ("tensor/inside.cpp", "kernels/cuda/launch.h"),
            ("kernels/simt/up.cpp", "kernels/cuda/launch.h"),
        ]:
            part = "/".join(path.split("/")[:2]) if path[0] == "k" else path.split("/")[0]
            self.assert_found(
                path, f'#include "{include}"\n', f'{path}:1: {part} may not include "{include}"'
            )

    def test_includes_that_do_not_start_at_the_root(self):
        self.assert_found(
            "kernels/cpu/a.cpp",
            '  # include "pool.h"\n',
            'kernels/cpu/a.cpp:1: "pool.h" is no file below the root of the repository',
        )
        self.assert_found(
            "layers/a.cpp",
            "#include <tensor/tensor.h>\n",
            'layers/a.cpp:1: write "tensor/tensor.h", not <tensor/tensor.h>',
        )

    def test_text(self):
        self.assert_found("a.md", "\tx\n", "a.md:1: tab")
        self.assert_found("a.md", "x\ny \n", "a.md:2: blank at the end of the line")
        self.assert_found("a.md", "x", "a.md: no newline at the end")

    def test_long_files(self):
        self.assertEqual(self.check({"io/long.cpp": "\n" * 500}), [])
        self.assert_found("io/long.cpp", "\n" * 501, "io/long.cpp: 501 lines, at most 500 are allowed")
        self.assertEqual(self.check({"docs/long.md": "\n" * 501}), [])


if __name__ == "__main__":
    unittest.main()
