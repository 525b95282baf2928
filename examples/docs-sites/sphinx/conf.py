project = "Notes on training"
html_theme = "alabaster"
html_static_path = ["_static"]
html_js_files = [("autoparallel/element.js", {"defer": "defer"})]
